import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import type { JsonStyle } from "./json-style.ts";

/** The name of a field at this edge. */
export function fieldNameOf(field: DescField, style: Pick<JsonStyle, "fieldNames">): string {
  return style.fieldNames === "camel" ? field.jsonName : field.name;
}

/** Which names come first where one field is called as another is: those of the contract, as its HTTP rules have them. */
export const CONTRACT_NAMES: Pick<JsonStyle, "fieldNames"> = { fieldNames: "proto" };

/**
 * A field by any name that input may use: the one of this style first, else the other. Two fields may have each other's
 * (`a [json_name = "b"]` beside `b [json_name = "a"]`): then each is what this style writes it as.
 */
export function findField(
  message: DescMessage,
  name: string,
  style: Pick<JsonStyle, "fieldNames">,
): DescField | undefined {
  const own = message.fields.find((field) => fieldNameOf(field, style) === name);
  return own ?? message.fields.find((field) => field.jsonName === name || field.name === name);
}

/** The names of an enum's values at this edge, by number. The first name of an alias wins. */
export function enumNamesOf(desc: DescEnum, style: Pick<JsonStyle, "enumNames">): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const value of desc.values)
    if (!names.has(value.number)) names.set(value.number, enumName(desc, value.name, style));
  return names;
}

/** The numbers of an enum's values by every name that input may use. */
export function enumNumbersOf(desc: DescEnum, style: Pick<JsonStyle, "enumNames">): ReadonlyMap<string, number> {
  const full = desc.values.map((value) => [value.name, value.number] as const);
  const short = desc.values.map((value) => [enumName(desc, value.name, style), value.number] as const);
  return new Map([...short, ...full]);
}

/** Whether a text names a value of the enum, by any name that input may use. */
export function isKnownEnumText(desc: DescEnum, style: Pick<JsonStyle, "enumNames">): (text: string) => boolean {
  const numbers = enumNumbersOf(desc, style);
  return (text) => numbers.has(text);
}

function enumName(desc: DescEnum, name: string, style: Pick<JsonStyle, "enumNames">): string {
  const prefix = desc.sharedPrefix?.toUpperCase();
  return style.enumNames === "short" && prefix && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/**
 * Translates a violation's path (`items[2].product_name`, contract names) to the names of this edge. What the message
 * type does not know is left as it is.
 */
export function edgeFieldPath(path: string, message: DescMessage, style: Pick<JsonStyle, "fieldNames">): string {
  if (style.fieldNames === "proto") return path;
  let current: DescMessage | undefined = message;
  return path
    .split(".")
    .map((segment) => {
      const name = /^\w+/.exec(segment)?.[0] ?? "";
      const field = current && findField(current, name, CONTRACT_NAMES);
      current = field?.message;
      return field ? fieldNameOf(field, style) + segment.slice(name.length) : segment;
    })
    .join(".");
}
