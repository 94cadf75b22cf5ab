import { create, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** A value in a field: a scalar (an enum's number is one) or a message. */
export type ValueKind =
  | { readonly kind: "scalar"; readonly type: ScalarType }
  | { readonly kind: "message"; readonly schema: DescMessage };

/** A field that compiled code writes and reads. */
export interface CompiledField {
  readonly field: DescField;
  readonly value: ValueKind;
}

/**
 * What compiled code handles of a message; undefined if nothing, because unset fields show on the prototype (proto2).
 * The other fields are left to protobuf-es: while one of them is set, the whole message is.
 */
export function compiledFields(schema: DescMessage): readonly CompiledField[] | undefined {
  if (Object.getPrototypeOf(create(schema)) !== Object.prototype) return undefined;
  return schema.fields.flatMap((field) => {
    const value = valueKind(field);
    return value ? [{ field, value }] : [];
  });
}

function valueKind(field: DescField): ValueKind | undefined {
  if (field.presence === LEGACY_REQUIRED) return undefined;
  switch (field.fieldKind) {
    case "scalar":
      return field.longAsString ? undefined : { kind: "scalar", type: field.scalar };
    case "enum":
      return field.enum.open ? { kind: "scalar", type: ScalarType.INT32 } : undefined;
    case "message":
      return isPlain(field.message) && !field.delimitedEncoding ? messageKind(field.message) : undefined;
    case "list":
      if (field.listKind === "scalar") return field.longAsString ? undefined : { kind: "scalar", type: field.scalar };
      if (field.listKind === "enum") return field.enum.open ? { kind: "scalar", type: ScalarType.INT32 } : undefined;
      return isPlain(field.message) && !field.delimitedEncoding ? messageKind(field.message) : undefined;
    case "map":
      return undefined;
    default:
      return field satisfies never;
  }
}

const messageKind = (schema: DescMessage): ValueKind => ({ kind: "message", schema });

/** `FeatureSet.FieldPresence.IMPLICIT`. */
export const IMPLICIT = 2;
/** `FeatureSet.FieldPresence.LEGACY_REQUIRED`. */
const LEGACY_REQUIRED = 3;

/** Wrappers and structs have another form in a field than by themselves. */
export function isPlain({ typeName }: DescMessage): boolean {
  return typeName !== "google.protobuf.Struct" && !/^google\.protobuf\.\w+Value$/.test(typeName);
}
