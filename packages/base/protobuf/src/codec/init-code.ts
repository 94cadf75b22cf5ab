import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { IMPLICIT, isPlain } from "./field-kinds.ts";
import { emptyValues, literal } from "./make-code.ts";
import type { TypeNames } from "./write-code.ts";

/** Where a member stands: in the object that is made, or set on it if it was given. */
interface InitCode {
  readonly property?: string;
  readonly statement?: string;
}

/**
 * The source that makes a message of what its creator gave, as `create` of protobuf-es does. A type that has a oneof, a map, a
 * wrapper, a struct or a list of bytes is left to that whole.
 */
export function initCode(schema: DescMessage, typeOf: TypeNames): string {
  const empty = emptyValues(schema);
  const members = schema.members.map((member) =>
    member.kind === "oneof" ? undefined : memberCode(member, literal(empty[member.localName]), typeOf),
  );
  if (!members.every((member) => member !== undefined)) return "return created(i);";
  const properties = members.flatMap(({ property }) => property ?? []);
  const statements = members.flatMap(({ statement }) => statement ?? []);
  return `
if (i == null) return this.make();
let v;
const m = { ${[`$typeName: ${JSON.stringify(schema.typeName)}`, ...properties].join(", ")} };
${statements.join("\n")}
return m;`;
}

function memberCode(field: DescField, zero: string, typeOf: TypeNames): InitCode | undefined {
  const name = JSON.stringify(field.localName);
  const given = `i[${name}]`;
  if (field.message && !isPlain(field.message)) return undefined;
  switch (field.fieldKind) {
    case "map":
      return undefined;
    case "list": {
      if (field.scalar === ScalarType.BYTES) return undefined;
      if (!field.message) return { property: `${name}: ${given} ?? []` };
      const made = childCode(field.message, typeOf);
      return { property: `${name}: Array.isArray(v = ${given}) ? v.map((v) => ${made}) : v ?? []` };
    }
    case "message":
      return { statement: `v = ${given}; if (v != null) m[${name}] = ${childCode(field.message, typeOf)};` };
    default: {
      const value = field.scalar === ScalarType.BYTES ? `(Array.isArray(v = ${given}) ? new Uint8Array(v) : v)` : given;
      if (field.presence === IMPLICIT) return { property: `${name}: ${value} ?? ${zero}` };
      return { statement: `v = ${value}; if (v != null) m[${name}] = v;` };
    }
  }
}

/** `v` as a message: it may be one already. */
function childCode(schema: DescMessage, typeOf: TypeNames): string {
  const isInit = `typeof v === "object" && v !== null && !Array.isArray(v) && v.$typeName !== ${JSON.stringify(schema.typeName)}`;
  return `(${isInit} ? ${typeOf(schema)}.create(v) : v)`;
}
