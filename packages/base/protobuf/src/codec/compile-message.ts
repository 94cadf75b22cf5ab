import { create, type DescMessage, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { FIXED_READERS } from "./byte-source.ts";
import type { CompiledLookup, CompiledMessage } from "./compiled-message.ts";
import { compiledFields } from "./field-kinds.ts";
import { initCode } from "./init-code.ts";
import { makeCode } from "./make-code.ts";
import { readCode } from "./read-code.ts";
import { writeCode } from "./write-code.ts";

/** A type that is left to protobuf-es whole. */
function notCompiled(schema: DescMessage): CompiledMessage {
  return {
    make: () => ({ $typeName: "" }),
    create: (init) => create(schema, init as MessageInitShape<DescMessage>),
    write: () => false,
    read: () => false,
  };
}

/**
 * Writes the source of a type's code and compiles it. Only names and numbers of the schema are in it, each quoted.
 * @throws EvalError where code may not be made of strings (`--disallow-code-generation-from-strings`).
 */
export function compileMessage(schema: DescMessage, lookup: CompiledLookup): CompiledMessage {
  const fields = compiledFields(schema);
  if (!fields) return notCompiled(schema);
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
  create(i) { ${initCode(schema, typeOf)} },
  write(w, m) { ${writeCode(schema, fields, typeOf)} },
  read(r, m, end) { ${readCode(fields, typeOf)} },
};`;
  const created = (init: object): Message => create(schema, init as MessageInitShape<DescMessage>);
  return new Function("types", "fixed", "created", source)(types, FIXED_READERS, created) as CompiledMessage;
}
