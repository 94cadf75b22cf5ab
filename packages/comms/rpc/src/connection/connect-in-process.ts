import type { MemoryServer } from "@parley/wire/internal/http2";
import type { Connect } from "./connection.ts";
import { GrpcConnection } from "./grpc-connection.ts";

/** Connects to a server in the same process: all of gRPC on both sides, and no socket between them. */
export function connectInProcess(server: { readonly memory: MemoryServer }): Connect {
  return async (options, signal) => {
    signal.throwIfAborted();
    const connection = new GrpcConnection(options, "in-process");
    return connection.start(server.memory.connect(connection));
  };
}
