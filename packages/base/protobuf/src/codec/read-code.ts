import type { CompiledField } from "./field-kinds.ts";
import { scalarCode } from "./scalar-code.ts";
import { LENGTH_DELIMITED, tagOf } from "./wire-tag.ts";
import type { TypeNames } from "./write-code.ts";

/** protobuf-es reads no deeper by default. */
const MAX_DEPTH = 100;

/**
 * The source that reads a message: one case for each tag that a field has. Any other tag (an unknown field, another wire
 * type), and what ends elsewhere than its length says, is left to protobuf-es.
 */
export function readCode(fields: readonly CompiledField[], typeOf: TypeNames): string {
  return `
if (r.depth === ${MAX_DEPTH}) return false;
r.depth += 1;
let v;
while (r.at < end) {
  switch (r.tag()) {
    ${fields.flatMap((it) => casesOf(it, typeOf)).join("\n    ")}
    default: return false;
  }
}
r.depth -= 1;
return r.at === end;`;
}

function casesOf({ field, value }: CompiledField, typeOf: TypeNames): string[] {
  const name = JSON.stringify(field.localName);
  const local = `m[${name}]`;
  const isList = field.fieldKind === "list";
  const oneof = field.oneof && `m[${JSON.stringify(field.oneof.localName)}]`;
  const set = isList ? `${local}.push(v);` : oneof ? `${oneof} = { case: ${name}, value: v };` : `${local} = v;`;

  if (value.kind === "message") {
    const type = typeOf(value.schema);
    // One that comes twice is merged, which is rare.
    const isFirst = isList ? "true" : oneof ? `${oneof}.case !== ${name}` : `${local} === undefined`;
    return [
      `case ${tagOf(field.number, LENGTH_DELIMITED)}: {
      const length = r.varint();
      const to = r.at + length;
      if (length < 0 || to > end || !(${isFirst})) return false;
      const child = ${type}.make();
      if (!${type}.read(r, child, to)) return false;
      v = child; ${set} break;
    }`,
    ];
  }
  const { wireType, read } = scalarCode(value.type);
  const cases = [`case ${tagOf(field.number, wireType)}: { ${read} ${set} break; }`];
  if (isList && wireType !== LENGTH_DELIMITED) {
    // Packed or not, whatever the schema says.
    cases.push(`case ${tagOf(field.number, LENGTH_DELIMITED)}: {
      const length = r.varint();
      const to = r.at + length;
      if (length < 0 || to > end) return false;
      while (r.at < to) { ${read} ${set} }
      if (r.at !== to) return false;
      break;
    }`);
  }
  return cases;
}
