import type { CallPolicy } from "@parley/core";
import { DEFAULT_RETRY } from "@parley/core/internal";
import { type Channel, createChannel } from "@parley/rpc";
import { connectHttp2, connectNodeHttp2 } from "@parley/rpc/internal";
import type { Engine } from "../engine.ts";
import { type ClientCompatRequest, Compression } from "../gen/connectrpc/conformance/v1/compat_pb.ts";
import type { PemFolder } from "./pem-folder.ts";

/** What a call is given, and nothing that Parley would add: each call is one attempt, without a deadline of ours. */
const BARE_POLICY: CallPolicy = {
  timeoutMs: Number.POSITIVE_INFINITY,
  retry: { ...DEFAULT_RETRY, maxAttempts: 1 },
  breaker: "off",
};

/** The channels of the suite's calls: calls to one server in one manner share one. */
export interface Channels {
  channelOf(request: ClientCompatRequest): Channel;
  close(): Promise<void>;
}

export function createChannels({ engine, pems }: { readonly engine: Engine; readonly pems: PemFolder }): Channels {
  const channels = new Map<string, Channel>();

  const open = (request: ClientCompatRequest): Channel => {
    const caPath = pems.keep(request.serverTlsCert);
    return createChannel({
      target: `${request.host}:${request.port}`,
      policy: () => BARE_POLICY,
      connect: engine === "node" ? connectNodeHttp2 : connectHttp2,
      compression: request.compression === Compression.GZIP ? "gzip" : "identity",
      ...(request.messageReceiveLimit > 0 && { maxReceiveBytes: request.messageReceiveLimit }),
      ...(caPath && {
        tls: {
          caPath,
          certPath: pems.keep(request.clientTlsCreds?.cert),
          keyPath: pems.keep(request.clientTlsCreds?.key),
        },
      }),
    });
  };

  return {
    channelOf(request) {
      const { host, port, compression, messageReceiveLimit, serverTlsCert, clientTlsCreds } = request;
      const key = [host, port, compression, messageReceiveLimit, serverTlsCert, clientTlsCreds?.cert ?? ""].join(" ");
      const channel = channels.get(key) ?? open(request);
      channels.set(key, channel);
      return channel;
    },
    async close() {
      await Promise.all([...channels.values()].map((channel) => channel.close()));
    },
  };
}
