import { Agent, request } from "node:http";

export interface Load {
  /** The bodies of all answers with the status that was hoped for. */
  readonly answers: readonly unknown[];
  /** What went wrong with the others. A refused connection is no failure: nothing was sent on it. */
  readonly failures: readonly string[];
  /** Resolves once so many requests have succeeded. */
  reached(count: number): Promise<void>;
  /** Lets each client finish its request and send no other. */
  stop(): void;
  /** Resolves when each client has been stopped, has been told to close its connection, or has found the door shut. */
  readonly ended: Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly body: unknown;
  readonly status: number;
  readonly clients: number;
}

/** Clients that each POST one request after the other on a connection of their own, until the server lets them go. */
export function startLoad({ url, body, status: hoped, clients }: LoadOptions): Load {
  const answers: unknown[] = [];
  const failures: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let stopped = false;
  const runClient = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (let keepsOpen = true; keepsOpen; ) {
        const answer = await post(url, JSON.stringify(body), agent);
        if (answer.status === hoped) answers.push(JSON.parse(answer.text));
        else failures.push(`${answer.status} ${answer.text}`);
        for (const { count, resolve } of waiting) if (answers.length >= count) resolve();
        keepsOpen = answer.keepsOpen && !stopped;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") failures.push(String(error));
    } finally {
      agent.destroy();
    }
  };
  const ended = Promise.all(Array.from({ length: clients }, runClient)).then(() => {});
  return {
    answers,
    failures,
    reached: (count) => new Promise((resolve) => waiting.push({ count, resolve })),
    stop: () => {
      stopped = true;
    },
    ended,
  };
}

function post(url: string, body: string, agent: Agent): Promise<{ status: number; text: string; keepsOpen: boolean }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", headers: { "content-type": "application/json" }, agent });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, text, keepsOpen: incoming.headers.connection !== "close" }),
      );
    });
    outgoing.end(body);
  });
}
