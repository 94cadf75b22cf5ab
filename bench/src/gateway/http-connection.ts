import { connect, type Socket } from "node:net";

/** One keep-alive connection that carries one request at a time. */
export interface HttpConnection {
  /** Sends the request and resolves when the whole answer is there. Rejects unless it is a 200 with a JSON body. */
  request(): Promise<void>;
  close(): void;
}

/** No answer is larger; what is sent is a user of some 250 bytes. */
const MAX_ANSWER_BYTES = 16_384;

/**
 * Speaks just enough HTTP/1.1 on a bare socket, which reads into one buffer. A full client would cost more CPU time than the
 * gateways that it measures, and whatever the load costs is taken from what else runs on the machine.
 */
export async function openHttpConnection(
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<HttpConnection> {
  const lines = ["GET /users/42 HTTP/1.1", `host: 127.0.0.1:${port}`, "accept: application/json"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
  let pending: PromiseWithResolvers<void> | undefined;
  let received = "";
  const fail = (reason: string): void => {
    pending?.reject(new Error(reason));
    pending = undefined;
    socket.destroy();
  };
  const socket = await openSocket(port, (piece) => {
    received += piece;
    const length = answerLength(received);
    if (length === undefined || received.length < length) return;
    const answer = received;
    received = "";
    const isWhole = answer.length === length && answer.startsWith("HTTP/1.1 200 ") && answer.includes('"email":"');
    if (!isWhole) return fail(`not the user: ${answer}`);
    pending?.resolve();
    pending = undefined;
  });
  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => fail("the gateway closed the connection"));
  return {
    request() {
      pending = Promise.withResolvers();
      socket.write(bytes);
      return pending.promise;
    },
    close: () => socket.destroy(),
  };
}

/** @param onPiece gets what is read, an octet for each character. */
function openSocket(port: number, onPiece: (piece: string) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.alloc(MAX_ANSWER_BYTES);
    const callback = (count: number): boolean => {
      onPiece(buffer.toString("latin1", 0, count));
      return true;
    };
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** How long the answer is, header and body, once the header is there. */
function answerLength(received: string): number | undefined {
  const headerEnd = received.indexOf("\r\n\r\n");
  if (headerEnd < 0) return undefined;
  // As some write it, or as others; a pattern for both would take as long as the rest of this client.
  const lower = received.indexOf("\r\ncontent-length: ");
  const at = lower < 0 ? received.indexOf("\r\nContent-Length: ") : lower;
  const length = Number.parseInt(received.slice(at + 18, at + 26), 10);
  if (at < 0 || at > headerEnd || Number.isNaN(length)) throw new Error("the answer has no content-length");
  return headerEnd + 4 + length;
}
