import type { Timer } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import { readTlsFiles, watchTlsFiles } from "@parley/wire/internal";
import {
  createMemoryServer,
  createNodeHttp2Server,
  createSocketHttp2Server,
  type MemoryServer,
} from "@parley/wire/internal/http2";
import { createDeadlineWheel } from "./grpc/deadline-wheel.ts";
import { reflectionServices } from "./reflection/reflection-services.ts";
import { acceptCalls } from "./server/accept-calls.ts";
import { createRouter } from "./server/router.ts";
import { resolveServerOptions, type ServerOptions } from "./server-options.ts";

export interface RpcServer {
  /**
   * Starts to serve. The host is `0.0.0.0` unless given; port 0 takes a free one.
   * Rejects with the system's error, its code kept, if the address cannot be had (`EADDRINUSE`).
   */
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ port: number; host: string }>;
  /**
   * The graceful end: new connections are refused, clients are told to go elsewhere, calls in flight finish. What still runs
   * after `graceMs`, or when the signal aborts, is cut off. Resolves when nothing is left.
   */
  drain(options: { readonly graceMs: number; readonly signal?: AbortSignal }): Promise<"drained" | "forced">;
  /** The way in for a channel within the process. For the other packages of Parley. */
  readonly memory: MemoryServer;
}

/**
 * A gRPC server.
 * @throws TypeError if an option is wrong, a TLS file cannot be used, or a service is registered twice.
 */
export function createServer(options: ServerOptions): RpcServer {
  const resolved = resolveServerOptions(options);
  const { clock, logger, health } = resolved;
  const wheel = createDeadlineWheel(clock);
  const served = [...resolved.services, ...(health ? [health.registration] : [])];
  const router = createRouter({
    services: resolved.reflection ? [...served, ...reflectionServices(served.map(({ service }) => service))] : served,
    interceptors: resolved.interceptors,
    validate: resolved.validate,
  });
  // A call takes up its place on the connection until its method has ended, however its stream did.
  const calls = { ...resolved, router, wheel, maxRunningCalls: resolved.maxConcurrentStreams };
  const accept = acceptCalls(calls);
  const tls = resolved.tls && readTlsFiles(resolved.tls);
  const createHttp2Server = resolved.http2 === "node" ? createNodeHttp2Server : createSocketHttp2Server;
  const network = createHttp2Server({ ...resolved, tls, accept });
  const memory = createMemoryServer(acceptCalls({ ...calls, maxRunningCalls: Number.POSITIVE_INFINITY }));
  let tlsWatch: Timer | undefined;

  return {
    memory,
    async listen({ port, host = "0.0.0.0" }) {
      const address = await network.listen({ port, host });
      if (resolved.tls && tls) {
        tlsWatch = watchTlsFiles(resolved.tls, {
          current: tls,
          clock,
          logger,
          onChange: (material) => network.setTls(material),
        });
      }
      return address;
    },
    async drain({ graceMs, signal }) {
      let forced = false;
      const force = (): void => {
        forced = true;
        network.destroy();
        memory.destroy();
      };
      tlsWatch?.cancel();
      health?.shutdown();
      const ended = Promise.all([network.drain(), memory.drain()]);
      if (signal?.aborted) force();
      signal?.addEventListener("abort", force, { once: true });
      const outcome = await settleWithin(ended, graceMs, clock);
      signal?.removeEventListener("abort", force);
      if (outcome === "timeout") force();
      await ended;
      wheel.close();
      return forced ? "forced" : "drained";
    },
  };
}
