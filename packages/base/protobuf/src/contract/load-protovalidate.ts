import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Loads protovalidate, in one step, so that a server can be created without a promise. It is the ES module, by its path: required by
 * its name, it would be its CommonJS build, with another copy of protobuf-es below it.
 */
export function loadProtovalidate(): typeof import("@bufbuild/protovalidate") {
  const path = fileURLToPath(import.meta.resolve("@bufbuild/protovalidate"));
  return createRequire(import.meta.url)(path) as typeof import("@bufbuild/protovalidate");
}
