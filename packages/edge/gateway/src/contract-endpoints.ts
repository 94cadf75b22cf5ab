import type { DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import type { CallHandler } from "@parley/core";
import { chain } from "@parley/core/internal";
import { type HttpBinding, httpBindingsOf } from "@parley/protobuf";
import {
  contractRegistry,
  createMessageReaders,
  createMessageWriters,
  isBareMethod,
  type MessageWriters,
} from "@parley/protobuf/internal";
import { createMessageValidators } from "@parley/protobuf/validation";
import type { BodyBudget } from "./exchange/body-budget.ts";
import type { Endpoint } from "./exchange/exchange.ts";
import { createStreamEndpoint } from "./exchange/stream-endpoint.ts";
import { createUnaryEndpoint, type EndpointParts } from "./exchange/unary-endpoint.ts";
import { rawRequest, rawResponse } from "./http-rule/http-body.ts";
import { type PathTemplate, parsePathTemplate } from "./http-rule/path-template.ts";
import { createRequestBinding } from "./http-rule/request-binding.ts";
import { bareWriter, createResponseBinding, type ResponseBinding } from "./http-rule/response-binding.ts";
import type { GatewayBackend, ResolvedGatewayOptions } from "./options.ts";

/** One HTTP rule of one method, ready to be routed. */
export interface ContractEndpoint {
  readonly verb: string;
  readonly template: PathTemplate;
  readonly method: DescMethod;
  readonly binding: HttpBinding;
  readonly endpoint: Endpoint;
}

/**
 * Compiles every HTTP rule of every backend's contracts.
 *
 * @throws TypeError that names the method whose rule is broken, or that HTTP cannot carry.
 */
export function createContractEndpoints(
  options: ResolvedGatewayOptions,
  bodies: BodyBudget,
): readonly ContractEndpoint[] {
  const registry = contractRegistry(options.backends.flatMap(servicesOf).map((service) => service.file));
  const compile = createCompiler(options, registry, bodies);
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

function createCompiler(options: ResolvedGatewayOptions, registry: Registry, bodies: BodyBudget) {
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
        route: template.text,
        call,
        peer,
        readRequest: createRequestBinding({ input: method.input, binding, template, readers, style }),
        takes: rawRequest(method.input, binding) ? "raw" : "json",
        writeResponse: { names: bindResponse(writers.names), numbers: bindResponse(writers.numbers) },
        rawResponse: rawResponse(method.output, binding),
        validate: validatorOf?.(method.input),
        bodyLimits: { ...options, bodies },
        options,
      };
      const endpoint = streaming ? createStreamEndpoint(parts) : createUnaryEndpoint(parts);
      return { verb: binding.verb, template, method, binding, endpoint };
    } catch (error) {
      throw new TypeError(`${method.parent.typeName}/${method.name}: ${(error as Error).message}`, { cause: error });
    }
  };
}
