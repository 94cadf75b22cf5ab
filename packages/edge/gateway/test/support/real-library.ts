import { DEFAULT_BREAKER, DEFAULT_CALL_POLICY } from "@parley/core/internal";
import { createGateway, type GatewayOptions } from "@parley/gateway";
import {
  type ChannelOptions,
  createChannel,
  createServer,
  implement,
  type ServerOptions,
  type ServiceImplementation,
} from "@parley/rpc";
import { onTestFinished } from "vitest";
import { LibraryService } from "../gen/everything_pb.ts";

export type LibraryMethods = Partial<ServiceImplementation<typeof LibraryService>>;

interface RealLibraryOptions {
  readonly methods?: LibraryMethods;
  readonly server?: Partial<ServerOptions>;
  readonly gateway?: Partial<GatewayOptions>;
  /** Leads to something else than the library's own server. */
  readonly target?: string;
  readonly channel?: Partial<ChannelOptions>;
}

/** The whole way over sockets: HTTP, a gateway, gRPC, a service. Its breaker opens at three failures. Ends with the test. */
export async function openRealLibrary(options: RealLibraryOptions = {}) {
  const server = createServer({
    services: [implement(LibraryService, libraryWith(options.methods))],
    ...options.server,
  });
  const { port: serverPort } = await server.listen({ port: 0, host: "127.0.0.1" });
  const breaker = { ...DEFAULT_BREAKER, minRequests: 3 };
  const channel = createChannel({
    target: options.target ?? `127.0.0.1:${serverPort}`,
    caller: "api-gateway",
    policy: () => ({ ...DEFAULT_CALL_POLICY, breaker }),
    ...options.channel,
  });
  const backends = [{ name: "library-service", service: LibraryService, channel }];
  const gateway = createGateway({ backends, ...options.gateway });
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  const now = { graceMs: 0, signal: AbortSignal.abort() };
  onTestFinished(async () => {
    await gateway.drain(now);
    await channel.close({ graceMs: 0 });
    await server.drain(now);
  });
  return { gateway, port, serverPort, url: `http://127.0.0.1:${port}` };
}

/** Methods that do next to nothing, but for those given. */
function libraryWith(methods: LibraryMethods = {}): ServiceImplementation<typeof LibraryService> {
  return {
    getBook: ({ name }) => ({ book: { name } }),
    listBooks: () => ({}),
    createBook: () => ({}),
    updateBook: (book) => book,
    patchBook: () => ({}),
    deleteBook: () => ({}),
    publishBook: () => ({}),
    lendBook: () => ({}),
    readFile: () => ({}),
    readFeatured: () => ({}),
    purgeCache: () => ({}),
    echo: (everything) => everything,
    internal: () => ({}),
    async *watchBooks() {},
    ...methods,
  };
}
