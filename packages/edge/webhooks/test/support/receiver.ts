import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a receiver answers: a status, with headers, or nothing at all. */
export type ReceiverAnswer =
  | number
  | {
      readonly status: number;
      readonly headers: Record<string, string>;
      /** The answer waits for this. */
      readonly after?: Promise<void>;
    }
  | "silence";

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The next request, also one that came before this was asked. */
  next(): Promise<Received>;
}

/** An outside system on a port of its own; it gives the answers in turn, the last again and again. */
export async function openReceiver(...answers: readonly ReceiverAnswer[]): Promise<Receiver> {
  const received: Received[] = [];
  let taken = 0;
  let came = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const answer = answers[Math.min(received.length, answers.length - 1)] ?? 204;
      received.push({ headers: request.headers, body });
      if (typeof answer === "number") response.writeHead(answer).end("x".repeat(10));
      else if (answer !== "silence") {
        void Promise.resolve(answer.after).then(() => response.writeHead(answer.status, answer.headers).end());
      }
      came.resolve();
      came = Promise.withResolvers();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    async next() {
      while (received.length <= taken) await came.promise;
      return received[taken++] as Received;
    },
  };
}
