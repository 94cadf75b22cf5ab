import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** What a client that does everything right has met. */
export interface GoodClientReport {
  readonly requests: number;
  /** What was not the right answer, in its first cases. */
  readonly failures: readonly string[];
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

const INTERVAL_MS = 20;
const SHOWN_FAILURES = 5;
/** What the gateway itself allows a request, and a little more. */
const LIMIT_MS = 10_000;

/** Sends a request each 20 ms, whether or not the one before was answered, and compares each answer, until the signal aborts. */
export async function runGoodClient(origin: string, expected: unknown, signal: AbortSignal): Promise<GoodClientReport> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const failures: string[] = [];
  const running: Promise<void>[] = [];
  const wanted = JSON.stringify(expected);
  while (!signal.aborted) {
    const startedAt = performance.now();
    const one = send(`${origin}/users/1`, agent).then(
      ({ status, text }) => {
        times.push(performance.now() - startedAt);
        if (status !== 200 || text !== wanted) failures.push(`${status} ${text.slice(0, 200)}`);
      },
      (error: unknown) => void failures.push(String(error)),
    );
    running.push(one);
    await delay(INTERVAL_MS);
  }
  await Promise.all(running);
  agent.destroy();
  times.sort((a, b) => a - b);
  const quantile = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    requests: running.length,
    failures: failures.slice(0, SHOWN_FAILURES),
    medianMs: quantile(0.5),
    p99Ms: quantile(0.99),
    worstMs: quantile(1),
  };
}

function send(url: string, agent: Agent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, timeout: LIMIT_MS, headers: { "accept-language": "en" } });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${LIMIT_MS} ms`)));
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("error", reject);
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
    });
    outgoing.end();
  });
}
