import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { type CompiledField, IMPLICIT, type ValueKind } from "./field-kinds.ts";
import { scalarCode } from "./scalar-code.ts";
import { LENGTH_DELIMITED, tagOf } from "./wire-tag.ts";

/** Names, in source, the code of a message type. */
export type TypeNames = (schema: DescMessage) => string;

/** The source that writes a message: its fields in the order of their numbers, each if it is set. */
export function writeCode(schema: DescMessage, fields: readonly CompiledField[], typeOf: TypeNames): string {
  const compiled = new Map(fields.map((it) => [it.field, it.value]));
  const inOrder = [...schema.fields].sort((a, b) => a.number - b.number);
  const written = inOrder.map((field) => {
    const value = compiled.get(field);
    return value ? fieldCode(field, value, typeOf) : `if (${isSet(field)}) return false;`;
  });
  return `
if (m.$typeName !== ${JSON.stringify(schema.typeName)} || m.$unknown !== undefined) return false;
let v;
${written.join("\n")}
return true;`;
}

function fieldCode(field: DescField, value: ValueKind, typeOf: TypeNames): string {
  const { local, oneof } = names(field);
  if (field.fieldKind === "list") return listCode(field, value, typeOf);
  const put = putCode(field.number, value, typeOf);
  if (oneof) {
    return `if (m${oneof}.case === ${JSON.stringify(field.localName)}) { v = m${oneof}.value; ${put} }`;
  }
  if (value.kind === "message" || field.presence !== IMPLICIT) {
    return `v = m${local}; if (v !== undefined) { ${put} }`;
  }
  // The zero is looked for first: it is the common value, and of the right type.
  return `v = m${local}; if (!(${isZero(field, value)})) { ${put} }`;
}

function isZero(field: DescField, value: ValueKind): string {
  if (field.fieldKind === "enum") return `v === ${field.enum.values[0]?.number ?? 0}`;
  if (value.kind === "message") return "false";
  const { isZero: zero, isValid } = scalarCode(value.type);
  return zero.includes("length") ? `${isValid} && ${zero}` : zero;
}

/** Writes `v`, with its tag. */
function putCode(number: number, value: ValueKind, typeOf: TypeNames): string {
  if (value.kind === "message") {
    const tag = tagOf(number, LENGTH_DELIMITED);
    return `if (typeof v !== "object" || v === null) return false;
w.varint(${tag}); w.open(); if (!${typeOf(value.schema)}.write(w, v)) return false; w.close();`;
  }
  const { wireType, isValid, write } = scalarCode(value.type);
  return `if (!(${isValid})) return false; w.varint(${tagOf(number, wireType)}); ${write}`;
}

function listCode(field: DescField & { fieldKind: "list" }, value: ValueKind, typeOf: TypeNames): string {
  const { local } = names(field);
  const each = (body: string): string => `for (let i = 0; i < items.length; i++) { v = items[i]; ${body} }`;
  const isPacked = value.kind === "scalar" && field.packed;
  const body =
    isPacked && value.kind === "scalar"
      ? `if (items.length > 0) { w.varint(${tagOf(field.number, LENGTH_DELIMITED)}); w.open();
${each(`if (!(${scalarCode(value.type).isValid})) return false; ${scalarCode(value.type).write}`)} w.close(); }`
      : each(putCode(field.number, value, typeOf));
  return `{ const items = m${local}; if (!Array.isArray(items)) return false; ${body} }`;
}

/** Whether a field that is not compiled is set, as far as that can be told without knowing its type. */
function isSet(field: DescField): string {
  const { local, oneof } = names(field);
  if (oneof) return `m${oneof}.case === ${JSON.stringify(field.localName)}`;
  if (field.fieldKind === "list") return `m${local}.length !== 0`;
  if (field.fieldKind === "map") return `Object.keys(m${local}).length !== 0`;
  if (field.fieldKind === "message" || field.presence !== IMPLICIT) return `m${local} !== undefined`;
  return field.fieldKind === "scalar" && field.longAsString ? `m${local} !== "0"` : "true";
}

function names(field: DescField): { readonly local: string; readonly oneof: string | undefined } {
  return {
    local: `[${JSON.stringify(field.localName)}]`,
    oneof: field.oneof && `[${JSON.stringify(field.oneof.localName)}]`,
  };
}
