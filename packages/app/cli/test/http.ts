import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Whether the server keeps the connection open. */
  readonly keepsOpen: boolean;
}

/** One request. Rejects with the socket's error. */
export function call(
  url: string,
  { method = "GET", json, agent }: { method?: string; json?: unknown; agent?: Agent } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = json === undefined ? {} : { "content-type": "application/json" };
    const outgoing = request(url, { method, headers, ...(agent && { agent }) }, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, body, keepsOpen: incoming.headers.connection !== "close" }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(json === undefined ? undefined : JSON.stringify(json));
  });
}

export interface Load {
  /** Requests that were answered with success. */
  readonly succeeded: number;
  /** What went wrong with the others. A refused connection is none: nothing was sent on it. */
  readonly failures: readonly string[];
  /** Resolves once `count` requests have succeeded. */
  reached(count: number): Promise<void>;
  /** Resolves when every client has been told to close, or found the door shut. */
  readonly ended: Promise<void>;
}

/** Clients that each send one request after the other on a connection of their own, until the server lets them go. */
export function startLoad(url: string, clients: number): Load {
  let succeeded = 0;
  const failures: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const runClient = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (;;) {
        const { status, body, keepsOpen } = await call(url, { agent });
        if (status === 200) succeeded += 1;
        else failures.push(`${status} ${body}`);
        for (const { count, resolve } of waiting) if (succeeded >= count) resolve();
        if (!keepsOpen) return;
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ECONNREFUSED") failures.push(String(error));
    } finally {
      agent.destroy();
    }
  };
  const ended = Promise.all(Array.from({ length: clients }, runClient)).then(() => {});
  return {
    get succeeded() {
      return succeeded;
    },
    failures,
    reached: (count) => new Promise((resolve) => waiting.push({ count, resolve })),
    ended,
  };
}
