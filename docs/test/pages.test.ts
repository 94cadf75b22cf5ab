import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { StartedSystem } from "@parley/runtime/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOrders } from "../../systems/orders/test/support/orders-system.ts";
import { curl } from "./curl.ts";
import { blocksOf, commandsOf } from "./page.ts";

const ROOT = new URL("../../", import.meta.url);
const PARLEY = fileURLToPath(new URL("packages/app/cli/bin/parley.js", ROOT));
const NPM_RUN_PARLEY = "npm run --silent parley -- ";

/** The addresses that pages name, in this order: the gateway, user-service, order-service. */
const DOCUMENTED = {
  "api-gateway": "localhost:3000",
  "user-service": "localhost:50051",
  "order-service": "localhost:50052",
} as const;

/** What cannot be the same in each run: the time. */
const ANY_TIME = "<a time>";
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function timeless(json: unknown): unknown {
  if (typeof json === "string") return RFC_3339.test(json) ? ANY_TIME : json;
  if (Array.isArray(json)) return json.map(timeless);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, timeless(value)]));
}

/** Runs the `parley` command of a page and gives what it printed, as the answer to a request would be. */
async function parley(command: string, hosts: ReadonlyMap<string, string>): Promise<{ status: number; body: string }> {
  let line = command.slice(NPM_RUN_PARLEY.length);
  for (const [written, real] of hosts) line = line.replaceAll(written, real);
  // A shell splits the line as it does for the reader.
  const child = spawn("sh", ["-c", `exec "$0" "$1" ${line}`, process.execPath, PARLEY], { cwd: ROOT });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, "close");
  const [body, complaints] = await output;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${complaints}`);
  return { status: 200, body };
}

const ORDERS = new URL("docs/orders.md", ROOT);
let system: StartedSystem;
let hosts: ReadonlyMap<string, string>;
beforeAll(async () => {
  system = await startOrders();
  hosts = new Map(
    (["api-gateway", "user-service", "order-service"] as const).map((part) => [
      DOCUMENTED[part],
      system.addressOf(part).replace("http://", ""),
    ]),
  );
});
afterAll(() => system[Symbol.asyncDispose]());

test.each(commandsOf(ORDERS))("docs/orders.md, line $line, runs: $command", async ({ command, answer }) => {
  const run = command.startsWith(NPM_RUN_PARLEY) ? parley : curl;
  const { status, body } = await run(command, hosts);
  if (answer) {
    expect({ status, json: timeless(JSON.parse(body)) }).toEqual({ ...answer, json: timeless(answer.json) });
  } else {
    expect(status).toBeLessThan(300);
  }
});

test.each(
  ["README.md", "docs/orders.md"].flatMap((page) =>
    blocksOf(readFileSync(new URL(page, ROOT), "utf8")).flatMap(({ info, line, text: shown }) => {
      const [, file] = info.split(" ");
      return file?.includes("/") ? [{ page, line, file, shown }] : [];
    }),
  ),
)("$page, line $line, shows what stands in $file", ({ file, shown }) => {
  expect(readFileSync(new URL(file, ROOT), "utf8")).toContain(shown);
});
