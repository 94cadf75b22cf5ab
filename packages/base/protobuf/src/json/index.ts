/** Messages of a contract as JSON text and back: proto3 JSON with the choices that an edge or an event makes. */
export * from "./assign-field.ts";
export * from "./contract-registry.ts";
export * from "./json-names.ts";
export * from "./json-reader.ts";
export * from "./json-style.ts";
export * from "./message-reader.ts";
export * from "./message-writer.ts";
export * from "./required-fields.ts";
export * from "./scalar-text.ts";
export * from "./well-known.ts";
