import type { DescService } from "@bufbuild/protobuf";
import type { Interceptor } from "@parley/core";
import { chain } from "@parley/core/internal";
import { type Client, createClient } from "@parley/rpc";
import type { GatewayBackend } from "../options.ts";

/** A client of one of the gateway's backends, whose calls are made in the current context. */
export type BackendClients = <S extends DescService>(service: S) => Client<S>;

/** Typed clients of the backends, made when first asked for. */
export function createClients(
  backends: readonly GatewayBackend[],
  interceptors: readonly Interceptor[],
): BackendClients {
  const clients = new Map<DescService, unknown>();
  return <S extends DescService>(service: S): Client<S> => {
    let client = clients.get(service) as Client<S> | undefined;
    if (!client) {
      const backend = backends.find(({ service: served }) => [served].flat().includes(service));
      if (!backend)
        throw new TypeError(`no backend of this gateway implements ${service.typeName}: add it to the routes`);
      client = createClient(service, { ...backend.channel, call: chain(interceptors, backend.channel.call) });
      clients.set(service, client);
    }
    return client;
  };
}
