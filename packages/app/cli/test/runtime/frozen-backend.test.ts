import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runSystem } from "@parley/runtime";
import { expect, onTestFinished, test } from "vitest";
import { placeDatabases } from "../database-template.ts";
import { withPolicy } from "../greetings.ts";
import { call } from "../http.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const POLICY = `
timeouts: { call: 500ms, gateway: 5s }
services: { names.v1.NameService: { timeout: 5s } }
breaker: { window: 10s, minRequests: 3, failureRatio: 0.6, open: 30s }
`;

test("a frozen service: timeouts.call ends each call of the gateway, and the third opens its breaker", async () => {
  const folder = await temporaryFolder();
  const policy = join(folder, "policy.yaml");
  await writeFile(policy, POLICY);
  const env = { PARLEY_DATA_DIR: folder, LOG_LEVEL: "silent" };
  await placeDatabases(join(folder, "system"));
  const running = await runSystem(withPolicy(policy), { env });
  onTestFinished(async () => void (await running.stop()));
  const door = running.parts.find(({ name }) => name === "door")?.address ?? "";
  await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
  const frozen = `${door}/greetings/1?delayMs=60000`;
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await call(frozen)).status);
  // With the 5 s of a request the window of 10 s would have passed before the third failure.
  expect(statuses).toEqual([504, 504, 504, 503]);
}, 60_000);
