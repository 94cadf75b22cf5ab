import type { DescMessage } from "@bufbuild/protobuf";
import type { CompiledLookup, CompiledMessage } from "./compiled-message.ts";
import { compiledFields } from "./field-kinds.ts";
import { makeCode } from "./make-code.ts";
import { FIXED_READERS } from "./octet-source.ts";
import { readCode } from "./read-code.ts";
import { writeCode } from "./write-code.ts";

/** What can be compiled of nothing: a type that is left to protobuf-es whole. */
const NOT_COMPILED: CompiledMessage = {
  make: () => ({ $typeName: "" }),
  write: () => false,
  read: () => false,
};

/**
 * Writes the source of a type's code and compiles it. Only names and numbers of the schema are in it, each quoted.
 * @throws EvalError where code may not be made of strings (`--disallow-code-generation-from-strings`).
 */
export function compileMessage(schema: DescMessage, lookup: CompiledLookup): CompiledMessage {
  const fields = compiledFields(schema);
  if (!fields) return NOT_COMPILED;
  const types: CompiledMessage[] = [];
  const places = new Map<DescMessage, number>();
  const typeOf = (child: DescMessage): string => {
    let place = places.get(child);
    if (place === undefined) {
      place = types.push(lookup(child)) - 1;
      places.set(child, place);
    }
    return `types[${place}]`;
  };
  const source = `
"use strict";
return {
  make() { ${makeCode(schema)} },
  write(w, m) { ${writeCode(schema, fields, typeOf)} },
  read(r, m, end) { ${readCode(fields, typeOf)} },
};`;
  return new Function("types", "fixed", source)(types, FIXED_READERS) as CompiledMessage;
}
