import { connect } from "node:net";

/**
 * Opens a connection on loopback, sends the first bytes of a protocol and gives the first bytes of the answer. Enough to tell whether
 * the right kind of server listens, without its client library.
 */
export function exchange(
  port: number,
  { send, timeoutMs }: { readonly send: Uint8Array | string; readonly timeoutMs: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer on port ${port} within ${timeoutMs} ms`)));
    socket.once("connect", () => socket.write(send));
    socket.once("data", (answer: Buffer) => {
      resolve(answer);
      socket.destroy();
    });
    socket.on("error", reject);
    socket.once("close", () => reject(new Error(`port ${port} closed the connection without an answer`)));
  });
}
