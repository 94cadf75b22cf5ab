import { type CallHandler, type Interceptor, type Operation, operationOf, ParleyError } from "@parley/core";
import { chain } from "@parley/core/internal";
import { createMessageValidators } from "@parley/protobuf/validation";
import { handleMethod, type Method } from "./handle-method.ts";
import type { ServiceRegistration } from "./service-implementation.ts";

/** A method that is served, with everything around it. */
export interface Route {
  readonly operation: Operation;
  readonly handle: CallHandler;
}

export interface Router {
  /** The route of a `:path`. @throws ParleyError UNIMPLEMENTED that names the service or the method. */
  find(path: string): Route;
}

export interface RouterOptions {
  readonly services: readonly ServiceRegistration[];
  readonly interceptors: readonly Interceptor[];
  readonly validate: boolean;
}

/** @throws TypeError if a service is registered twice. */
export function createRouter({ services, interceptors, validate }: RouterOptions): Router {
  const routes = new Map<string, Route>();
  const names = new Set<string>();
  const validatorOf = validate ? createMessageValidators() : undefined;
  for (const { service, implementation } of services) {
    if (names.has(service.typeName)) throw new TypeError(`the service ${service.typeName} is registered twice`);
    names.add(service.typeName);
    for (const descriptor of service.methods) {
      const operation = operationOf(descriptor);
      const method = (implementation as Record<string, Method>)[descriptor.localName];
      if (!method) throw new TypeError(`the implementation of ${service.typeName} lacks ${descriptor.localName}`);
      const handler = handleMethod(operation, method.bind(implementation), validatorOf?.(descriptor.input));
      routes.set(operation.path, { operation, handle: chain(interceptors, handler) });
    }
  }
  return {
    find(path) {
      const route = routes.get(path);
      if (route) return route;
      const [, service = "", method = ""] = path.split("/");
      const message = names.has(service)
        ? `the service ${service} has no method ${method}`
        : `the service ${service || path} is not served here`;
      throw new ParleyError("UNIMPLEMENTED", message);
    },
  };
}
