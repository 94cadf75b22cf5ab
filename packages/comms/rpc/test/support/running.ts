import type { CallPolicy } from "@parley/core";
import { DEFAULT_CALL_POLICY, DEFAULT_RETRY } from "@parley/core/internal";
import type { Channel } from "../../src/channel/channel.ts";
import type { ChannelOptions } from "../../src/channel/options.ts";
import { createChannel } from "../../src/create-channel.ts";
import { createServer, type RpcServer } from "../../src/create-server.ts";
import { implement } from "../../src/server/implement.ts";
import type { ServiceImplementation } from "../../src/server/service-implementation.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";

const HOST = "127.0.0.1";

/** Servers and channels of one test, all ended by its end. */
export function createRig() {
  const channels: Channel[] = [];
  const servers = new Set<RpcServer>();
  return {
    async serve(options: ServerOptions, port = 0) {
      const server = createServer(options);
      servers.add(server);
      const address = await server.listen({ port, host: HOST });
      return { server, port: address.port, target: `${HOST}:${address.port}` };
    },
    open(options: ChannelOptions): Channel {
      const channel = createChannel(options);
      channels.push(channel);
      return channel;
    },
    async end() {
      for (const channel of channels.splice(0)) await channel.close({ graceMs: 0 });
      for (const server of servers) await server.drain({ graceMs: 0 });
      servers.clear();
    },
  };
}

/** The echo service with some of its methods; the others answer nothing. */
export function echoing(methods: Partial<ServiceImplementation<typeof EchoService>> = {}) {
  return implement(EchoService, {
    echo: ({ text }) => ({ text }),
    read: ({ text }) => ({ text }),
    expand: nothing,
    collect: () => Promise.resolve({}),
    chat: nothing,
    ...methods,
  });
}

async function* nothing(): AsyncIterable<never> {}

/** The default policy with some of it changed; no breaker unless asked for. */
export function policyWith(change: Partial<CallPolicy> = {}) {
  const policy: CallPolicy = { ...DEFAULT_CALL_POLICY, breaker: "off", ...change };
  return () => policy;
}

export const NO_RETRY = { ...DEFAULT_RETRY, maxAttempts: 1 };
