import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { Channel } from "../channel/channel.ts";
import type { CallOptions, Client } from "./client.ts";
import { type Input, MethodCalls } from "./method-calls.ts";

/** A typed client of a service over a channel. Costs next to nothing, but one per service is enough. */
export function createClient<S extends DescService>(service: S, channel: Channel): Client<S> {
  const methods = service.methods.map((method) => [method.localName, clientMethod(method, channel)]);
  return Object.freeze(Object.fromEntries(methods)) as Client<S>;
}

function clientMethod(method: DescMethod, channel: Channel): (input: Input, options?: CallOptions) => unknown {
  const calls = new MethodCalls(method, channel);
  switch (method.methodKind) {
    case "unary":
      return (request, options) => calls.unary(request, options);
    case "server_streaming":
      return (request, options) => calls.serverStreaming(request, options);
    case "client_streaming":
      return (requests, options) => calls.clientStreaming(requests, options);
    case "bidi_streaming":
      return (requests, options) => calls.streaming(requests, options);
    default:
      return method.methodKind satisfies never;
  }
}
