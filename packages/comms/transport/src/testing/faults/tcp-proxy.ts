import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

/** Stands between a client and a server, so that a test can be the network between them. */
export interface TcpProxy {
  readonly port: number;
  /** Lets clients through to a server, if none was given at first. */
  open(target: TcpTarget): void;
  /** From now on every byte of the open connections, or of all, is lost and nobody is told, as when a cable is pulled. */
  freeze(which: "open" | "all"): void;
  /** Cuts the connection on which a client sends a text, before the server sees it. */
  cutOn(text: string): void;
  close(): Promise<void>;
}

/**
 * @param target the server; until there is one, clients are turned away.
 * @param onBytes sees what either side says before the other does.
 */
export async function createTcpProxy(
  target?: TcpTarget,
  onBytes?: (from: "client" | "server", bytes: Buffer) => void,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let generation = 0;
  let trigger: string | undefined;
  let open = target;
  const server = createServer((client) => {
    if (!open) return client.destroy();
    const upstream = connect(open.port, open.host);
    const born = generation;
    const isFrozen = (): boolean => frozen || born < generation;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes) => {
      if (isFrozen()) return;
      onBytes?.("client", bytes);
      if (trigger !== undefined && bytes.includes(trigger)) {
        client.destroy();
        upstream.destroy();
      } else upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (isFrozen()) return;
      onBytes?.("server", bytes);
      client.write(bytes);
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => !isFrozen() && client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open(server) {
      open = server;
    },
    freeze(which) {
      if (which === "all") frozen = true;
      else generation += 1;
    },
    cutOn(text) {
      trigger = text;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
