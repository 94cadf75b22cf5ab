import { once } from "node:events";
import net from "node:net";

export interface RecordingProxy extends Disposable {
  readonly port: number;
  /** What clients sent, and what they were sent, so far. */
  readonly client: Buffer[];
  readonly server: Buffer[];
}

/** Stands before a server, hands everything on, and keeps it. For one connection. */
export async function startRecordingProxy(targetPort: number): Promise<RecordingProxy> {
  const [client, server]: [Buffer[], Buffer[]] = [[], []];
  const sockets = new Set<net.Socket>();
  const listener = net.createServer((near) => {
    const far = net.connect(targetPort, "127.0.0.1");
    for (const [from, to, record] of [
      [near, far, client],
      [far, near, server],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("data", (chunk: Buffer) => record.push(chunk));
      from.pipe(to);
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as net.AddressInfo).port,
    client,
    server,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}
