import { create, type DescField, type DescMessage, isFieldSet, type JsonValue, type Message } from "@bufbuild/protobuf";
import { type FieldMask, FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import type { HttpBinding, JsonStyle } from "@parley/protobuf";
import {
  assignField,
  CONTRACT_NAMES,
  findField,
  hasCustomJson,
  isKnownEnumText,
  JsonReader,
} from "@parley/protobuf/internal";

/** Names the fields that a request changes, unless the client has said so itself. */
export type UpdateMask = (body: string, request: Message) => void;

/**
 * A PATCH whose body is one field, beside a field `update_mask`: what stands in the body is what is to change, also where
 * it is `null` or a default. Paths are relative to the body's field, in contract names, as deep as the body goes.
 *
 * @see https://google.aip.dev/134
 */
export function createUpdateMask(
  input: DescMessage,
  { verb, body }: HttpBinding,
  style: JsonStyle,
): UpdateMask | undefined {
  const resource = body === undefined || body === "*" ? undefined : findField(input, body, CONTRACT_NAMES)?.message;
  const mask = input.fields.find((field) => field.name === "update_mask");
  if (verb !== "PATCH" || !resource || !isFieldMask(mask)) return undefined;
  return (text, request) => {
    if (text === "" || isFieldSet(request, mask)) return;
    const paths = pathsOf(new JsonReader(text).readValue(), resource, "", style);
    assignField(request, mask, create(FieldMaskSchema, { paths }) satisfies FieldMask);
  };
}

function isFieldMask(field: DescField | undefined): field is DescField {
  return field?.fieldKind === "message" && field.message.typeName === FieldMaskSchema.typeName;
}

function pathsOf(value: JsonValue, message: DescMessage, prefix: string, style: JsonStyle): string[] {
  return Object.entries(value ?? {}).flatMap(([name, member]) => {
    const field = findField(message, name, style);
    if (!field) return []; // the style ignores it, or it had been refused
    if (field.enum && typeof member === "string" && !isKnownEnumText(field.enum, style)(member)) return []; // ignored too
    const path = prefix + field.name;
    const isNested = field.fieldKind === "message" && !hasCustomJson(field.message) && member !== null;
    const inner = isNested ? pathsOf(member, field.message, `${path}.`, style) : [];
    return inner.length > 0 ? inner : [path];
  });
}
