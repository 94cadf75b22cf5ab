import type { DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import { type CallHandler, operationOf } from "@parley/core";
import { chain } from "@parley/core/internal";
import { accessRuleOf, type HttpBinding, httpBindingsOf } from "@parley/protobuf";
import {
  contractRegistry,
  createMessageReaders,
  createMessageWriters,
  edgeFieldPath,
  isBareMethod,
  type MessageWriters,
} from "@parley/protobuf/internal";
import { createMessageValidators } from "@parley/protobuf/validation";
import { type PathTemplate, parsePathTemplate } from "../kernel/path-template.ts";
import type { Route } from "../kernel/route.ts";
import type { GatewayBackend, ResolvedGatewayOptions } from "../options.ts";
import { rawRequest, rawResponse } from "./http-rule/http-body.ts";
import { createRequestBinding } from "./http-rule/request-binding.ts";
import { bareWriter, createResponseBinding, type ResponseBinding } from "./http-rule/response-binding.ts";
import { createStreamHandler } from "./stream-handler.ts";
import { createUnaryHandler, type EndpointParts } from "./unary-handler.ts";

/** One HTTP rule of one method, and the route that serves it. */
export interface ContractEndpoint {
  readonly route: Route;
  readonly verb: string;
  readonly template: PathTemplate;
  readonly method: DescMethod;
  readonly binding: HttpBinding;
}

/**
 * A route for every HTTP rule of every backend's contracts.
 *
 * @throws TypeError that names the method whose rule is broken, or that HTTP cannot carry.
 */
export function restRoutes(options: ResolvedGatewayOptions): readonly ContractEndpoint[] {
  const registry = contractRegistry(options.backends.flatMap(servicesOf).map((service) => service.file));
  const compile = createCompiler(options, registry);
  return options.backends.flatMap((backend) => {
    const call = chain(options.interceptors, backend.channel.call);
    return servicesOf(backend).flatMap((service) =>
      service.methods.flatMap((method) =>
        httpBindingsOf(method).map((binding) => compile(method, binding, call, backend.channel.target)),
      ),
    );
  });
}

/** The contracts of a backend, as a list. */
export function servicesOf({ service }: GatewayBackend): readonly DescService[] {
  return "typeName" in service ? [service] : service;
}

function createCompiler(options: ResolvedGatewayOptions, registry: Registry) {
  const style = options.json;
  const readers = createMessageReaders(style, registry);
  const writers = {
    names: createMessageWriters(style, registry),
    numbers: createMessageWriters(style, registry, { enums: "numbers" }),
  };
  const validatorOf = options.validate ? createMessageValidators() : undefined;

  return (method: DescMethod, binding: HttpBinding, call: CallHandler, peer: string): ContractEndpoint => {
    try {
      const streaming = method.methodKind === "server_streaming";
      if (!streaming && method.methodKind !== "unary") {
        throw new TypeError("HTTP cannot carry a stream of requests: remove its HTTP rule");
      }
      const template = parsePathTemplate(options.basePath + binding.template);
      const bindResponse = (writers: MessageWriters): ResponseBinding => {
        const response = { output: method.output, binding, writers, style };
        return streaming || isBareMethod(method) ? bareWriter(response) : createResponseBinding(response);
      };
      const parts: EndpointParts = {
        method,
        call,
        peer,
        readRequest: createRequestBinding({ input: method.input, binding, template, readers, style }),
        takes: rawRequest(method.input, binding) ? "raw" : "json",
        writeResponse: { names: bindResponse(writers.names), numbers: bindResponse(writers.numbers) },
        rawResponse: rawResponse(method.output, binding),
        validate: validatorOf?.(method.input),
        fieldName: (path) => edgeFieldPath(path, method.input, style),
        options,
      };
      const route: Route = {
        kind: "contract",
        method: binding.verb,
        template,
        name: operationOf(method).path,
        access: accessRuleOf(method),
        timeoutMs: streaming ? options.streamTimeoutMs : options.timeoutMs,
        fieldName: parts.fieldName,
        handle: streaming ? createStreamHandler(parts) : createUnaryHandler(parts),
      };
      return { route, verb: binding.verb, template, method, binding };
    } catch (error) {
      throw new TypeError(`${method.parent.typeName}/${method.name}: ${(error as Error).message}`, { cause: error });
    }
  };
}
