import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A bare connection: what no HTTP client would send can be sent, and what it got is seen as it came. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far. */
  received(): string;
  /** Resolves once what was received matches. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the other side has closed, with everything received. */
  closed(): Promise<string>;
}

export async function openRaw(port: number, first = ""): Promise<RawConnection> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("error", () => {});
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  await once(socket, "connect");
  if (first) socket.write(first);
  return {
    socket,
    received: () => text,
    closed: () => closed,
    async until(pattern) {
      while (!pattern.test(text)) {
        const ended = await Promise.race([once(socket, "data").then(() => false), closed.then(() => true)]);
        if (ended && !pattern.test(text)) throw new Error(`closed before ${pattern}: ${text}`);
      }
      return text;
    },
  };
}
