import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { runSystem } from "@parley/runtime";
import { expect, onTestFinished, test } from "vitest";
import { findServerPrograms, startOwnCluster } from "../../../../../scripts/testing/own-cluster.ts";
import { withPolicy } from "../greetings.ts";
import { call } from "../http.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/**
 * A breaker that has opened stays so for longer than the test runs, unless it is found that its service is back. A call's time is
 * over before the database is first asked whether it can be used again.
 */
const POLICY = `
timeouts: { call: 1s, gateway: 3s }
breaker: { window: 60s, minRequests: 3, failureRatio: 0.5, open: 10m }
`;
/** Whole seconds that a refusal of such a breaker asks its caller to wait, at least. */
const OPEN_FOR_LONG = 500;

const programs = findServerPrograms();
if (!programs && process.env.CI === "true") throw new Error("PostgreSQL's own programs are missing");

/** Status and `Retry-After` of a read. */
const read = (url: string): Promise<{ readonly status: number; readonly retryAfter: number }> =>
  new Promise((resolve, reject) => {
    request(url, (incoming) => {
      incoming
        .resume()
        .once("end", () =>
          resolve({ status: incoming.statusCode ?? 0, retryAfter: Number(incoming.headers["retry-after"] ?? 0) }),
        );
    })
      .once("error", reject)
      .end();
  });

test.skipIf(!programs).each([
  ["killed", "of the service that is called", "/names/1"],
  ["killed", "of a service behind it", "/greetings/1"],
  ["frozen", "of the service that is called", "/names/1"],
] as const)(
  "reads go on once the %s database %s is back, though breakers stay open for 10 minutes",
  {
    timeout: 120_000,
  },
  async (how, _whose, path) => {
    const folder = await temporaryFolder();
    const policy = join(folder, "policy.yaml");
    await writeFile(policy, POLICY);
    const cluster = await startOwnCluster(programs ?? "");
    onTestFinished(() => cluster.remove());
    const running = await runSystem(withPolicy(policy), { env: { LOG_LEVEL: "silent", NAMEDB_URL: cluster.url } });
    onTestFinished(async () => void (await running.stop()));
    const door = running.parts.find(({ name }) => name === "door")?.address ?? "";
    expect(await call(`${door}/names`, { method: "POST", json: { name: "Ada" } })).toMatchObject({ status: 201 });
    expect(await read(`${door}${path}`)).toMatchObject({ status: 200 });

    await (how === "killed" ? cluster.kill() : cluster.freeze());
    await expect
      .poll(async () => (await read(`${door}${path}`)).retryAfter, { timeout: 40_000 })
      .toBeGreaterThan(OPEN_FOR_LONG);
    await expect.poll(async () => (await call(`${door}/readyz`)).status, { timeout: 40_000 }).toBe(503);

    await (how === "killed" ? cluster.start() : cluster.thaw());
    await expect.poll(async () => (await read(`${door}${path}`)).status, { timeout: 30_000 }).toBe(200);
    await expect.poll(async () => (await call(`${door}/readyz`)).status, { timeout: 30_000 }).toBe(200);
  },
);
