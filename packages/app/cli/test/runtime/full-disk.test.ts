import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startParley } from "../cli/support/run-parley.ts";
import { call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";

const FULL_DISK = new URL("../full-disk.ts", import.meta.url).href;
/** More than the pages of a new database have room for. */
const LARGE_NAME = "x".repeat(6_000);
const MAX_WRITES = 500;
/** More than a breaker waits for before it opens. */
const FURTHER_WRITES = 40;
/** The time of one call, which a disk stays full for longer than. */
const POLICY = "timeouts: { call: 1s, gateway: 3s }\n";

test("a full disk under the embedded database: writes are 503, health says it, reads go on, and all ends with it", {
  timeout: 120_000,
}, async () => {
  const directory = await copyOfGreetings();
  await writeFile(join(directory, "policy.yaml"), POLICY);
  const flag = join(directory, "disk-is-full");
  const env = { NODE_OPTIONS: `--import=${FULL_DISK}`, FULL_DISK: flag };
  await using system = startParley(["dev", directory, "--no-watch"], { env });
  await system.printed("ready in");
  const door = /door\s+(http:\S+)/.exec(system.output())?.[1] ?? expect.fail(system.output());
  const get = (path: string) => call(`${door}${path}`);
  const add = (name: string) => call(`${door}/names`, { method: "POST", json: { name } });
  await expect.poll(async () => (await add("Ada")).status).toBe(201);
  expect(await get("/names/1")).toMatchObject({ status: 200, body: '{"id":1,"name":"Ada"}' });

  await writeFile(flag, "");
  let refused = await add(LARGE_NAME);
  for (let writes = 1; refused.status === 201 && writes < MAX_WRITES; writes++) refused = await add(LARGE_NAME);
  expect(refused).toMatchObject({ status: 503, body: '{"error":"service unavailable"}' });
  await expect.poll(async () => (await get("/readyz")).status, { timeout: 20_000 }).toBe(503);
  expect(await get("/health")).toMatchObject({ status: 503, body: expect.stringContaining('"degraded"') });
  expect((await get("/livez")).status).toBe(200);

  const statuses = new Set<number>();
  for (let writes = 0; writes < FURTHER_WRITES; writes++) statuses.add((await add(LARGE_NAME)).status);
  expect([...statuses]).toEqual([503]);
  expect((await get("/names/1")).status).toBe(200);

  await rm(flag);
  await expect.poll(async () => (await get("/readyz")).status, { timeout: 20_000 }).toBe(200);
  expect((await add(LARGE_NAME)).status).toBe(201);
});
