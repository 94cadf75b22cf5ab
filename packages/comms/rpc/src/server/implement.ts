import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImplementation, ServiceRegistration } from "./service-implementation.ts";

/**
 * Joins a service and its implementation: an object of methods, or an instance of a class that has them.
 * @throws TypeError that names every method that is missing.
 */
export function implement<S extends DescService>(
  service: S,
  implementation: ServiceImplementation<S>,
): ServiceRegistration {
  const methods = implementation as Readonly<Record<string, unknown>>;
  const missing = service.methods.filter(({ localName }) => typeof methods[localName] !== "function");
  if (missing.length > 0) {
    const names = missing.map(({ localName }) => localName).join(", ");
    throw new TypeError(`the implementation of ${service.typeName} lacks the method ${names}`);
  }
  return { service, implementation };
}
