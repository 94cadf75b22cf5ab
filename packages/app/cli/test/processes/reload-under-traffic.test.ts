import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Answer, call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";
import { runGroup } from "./run-group.ts";

/** A breaker that opens at the first failures, and whose own time to try again does not come within the test. */
const POLICY = `
timeouts: { call: 5s, drain: 5s }
retry: { maxAttempts: 1 }
breaker: { minRequests: 3, failureRatio: 0.02, open: 10m, halfOpenRequests: 3 }
logging: { level: warn }
`;
/** How long the calls of each client take at the service. Some of those that are let through for a trial are slow. */
const DELAYS_MS = [0, 0, 0, 0, 600, 600, 600, 600];
/** What a client waits between its requests: the load, not what the test waits for. */
const PACE_MS = 5;
/** Requests of one client at most, so that a test that fails ends. */
const MAX_REQUESTS = 4_000;
/** Requests of one client after the new code has answered. */
const REQUESTS_AFTER = 5;

const OLD = '{"greeting":"Hello, Ada"}';
const NEW = '{"greeting":"Welcome, Ada"}';

interface Asked {
  /** Whether the new code had answered a request before this one was sent. */
  readonly isAfter: boolean;
  readonly answer: Answer;
}

/** Clients that each ask again and again, until each has asked often enough after the first new answer. */
async function traffic(url: string): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  let hasNew = false;
  const ask = async (delayMs: number): Promise<void> => {
    for (let left = MAX_REQUESTS, after = 0; left > 0 && after < REQUESTS_AFTER; left -= 1) {
      const isAfter = hasNew;
      const answer = await call(`${url}?delayMs=${delayMs}`);
      asked.push({ isAfter, answer });
      hasNew ||= answer.body === NEW;
      if (isAfter) after += 1;
      await sleep(PACE_MS);
    }
  };
  await Promise.all(DELAYS_MS.map(ask));
  return asked;
}

test("apart: after a change under traffic no request fails once the new code has answered one, whatever the breaker's time", {
  timeout: 120_000,
}, async () => {
  const directory = await copyOfGreetings();
  await writeFile(join(directory, "policy.yaml"), POLICY);
  const system = await runGroup({ layout: "apart", watch: true }, directory);
  const door = await system.door();
  await system.line("ready in");
  await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
  expect((await call(`${door}/greetings/1`)).body).toBe(OLD);

  const change = async (): Promise<string> => {
    await writeFile(join(directory, "services/salutation.ts"), 'export const salutation = "Welcome";');
    await system.line("restarting greeting-service");
    return system.line("the circuit breaker for");
  };
  const [asked, refusal] = await Promise.all([traffic(`${door}/greetings/1`), change()]);
  expect(refusal).toContain("is open");

  const after = asked.filter(({ isAfter }) => isAfter).map(({ answer }) => `${answer.status} ${answer.body}`);
  expect(after.length).toBeGreaterThanOrEqual(DELAYS_MS.length * REQUESTS_AFTER);
  expect(new Set(after)).toEqual(new Set([`200 ${NEW}`]));
});
