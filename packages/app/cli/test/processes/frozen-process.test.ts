import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freezeProcess } from "../../../../../scripts/testing/freeze-process.ts";
import { call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";
import { runGroup } from "./run-group.ts";

/**
 * After two calls that succeed the third failure opens the breaker: three of five. It would stay open for longer than the test
 * runs; what closes it is that its service is known to be back.
 */
const POLICY = `
timeouts: { call: 1s, gateway: 5s }
services: { names.v1.NameService: { timeout: 5s } }
breaker: { window: 60s, minRequests: 3, failureRatio: 0.6, open: 10m }
`;

test("a service whose process is stopped (SIGSTOP) costs three calls their time, then none, and is found when it goes on", {
  timeout: 90_000,
}, async () => {
  const directory = await copyOfGreetings();
  await writeFile(join(directory, "policy.yaml"), POLICY);
  const system = await runGroup({ layout: "apart", watch: false }, directory);
  const door = await system.door();
  await system.line("ready in");
  expect(await call(`${door}/names`, { method: "POST", json: { name: "Ada" } })).toMatchObject({ status: 201 });
  const greet = () => call(`${door}/greetings/1`);
  expect([(await greet()).status, (await greet()).status]).toEqual([200, 200]);

  const pid = system.pidOf("greeting-service") ?? expect.fail("greeting-service has no process");
  onTestFinished(() => void process.kill(pid, "SIGCONT"));
  await freezeProcess(pid);
  const answers: { readonly status: number; readonly tookMs: number }[] = [];
  for (let i = 0; i < 5; i++) {
    const startedMs = performance.now();
    const { status } = await greet();
    answers.push({ status, tookMs: performance.now() - startedMs });
  }
  expect(answers.map(({ status }) => status)).toEqual([504, 504, 504, 503, 503]);
  // 504 at the time of one call, and not at the 5 s of the request; 503 without waiting for the silent process at all.
  for (const { status, tookMs } of answers) expect(tookMs).toBeLessThan(status === 504 ? 3_000 : 900);

  process.kill(pid, "SIGCONT");
  await expect.poll(async () => (await greet()).status, { timeout: 20_000, interval: 200 }).toBe(200);
  expect(system.pidOf("greeting-service")).toBe(pid);
});
