import { create, type DescMessage } from "@bufbuild/protobuf";

/** The source that makes an empty message, in the order of its members, as protobuf-es does. */
export function makeCode(schema: DescMessage): string {
  const properties = Object.entries(emptyValues(schema)).map(
    ([name, value]) => `${JSON.stringify(name)}: ${literal(value)}`,
  );
  return `return { ${properties.join(", ")} };`;
}

/** What an empty message has, by the names of its members. */
export function emptyValues(schema: DescMessage): Readonly<Record<string, unknown>> {
  return create(schema) as unknown as Readonly<Record<string, unknown>>;
}

/** The source of an empty value. */
export function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return "new Uint8Array(0)";
  if (Array.isArray(value)) return "[]";
  // An empty map, or a oneof without a case.
  if (typeof value === "object") return value !== null && "case" in value ? "{ case: undefined }" : "{}";
  return JSON.stringify(value);
}
