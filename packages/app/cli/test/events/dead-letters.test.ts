import { DeadLetterService } from "@parley/protobuf/protos/parley/v1/dead_letters_pb.js";
import { createChannel, createClient } from "@parley/rpc";
import { type StartedSystem, startForTest } from "@parley/runtime/testing";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { parley } from "../cli/support/run-parley.ts";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { tongue, UNSPEAKABLE } from "../fixtures/welcomes/system.ts";
import { WELCOMES_DIR, welcomes } from "../welcomes.ts";

let system: StartedSystem;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  env = { NAME_SERVICE_PORT: String(await freePort()), GREETING_SERVICE_PORT: String(await freePort()) };
  system = await startForTest(welcomes, { env });
}, 60_000);
afterAll(() => system[Symbol.asyncDispose]());
beforeEach(async () => {
  tongue.isMended = false;
  await dlq("drop", "--all");
});

async function dlq(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await parley(["dlq", ...args, "--system", WELCOMES_DIR], { env });
  expect(`${exitCode} ${stderr}`).toBe("0 ");
  return stdout;
}

async function dlqJson(...args: readonly string[]) {
  return JSON.parse(await dlq(...args, "--json"));
}

async function addUnspeakable(): Promise<{ id: number; letter: string }> {
  const { id } = await system.clientOf(NameService).addName({ name: UNSPEAKABLE });
  const letter = await vi.waitFor(
    async () => {
      const { deadLetters } = await dlqJson("--key", String(id));
      expect(deadLetters).toHaveLength(1);
      return deadLetters[0];
    },
    { timeout: 15_000, interval: 50 },
  );
  return { id, letter: letter.id };
}

test("an event that cannot be handled is listed with its reason, and shown whole", async () => {
  const { id, letter } = await addUnspeakable();
  const { deadLetters } = await dlqJson();
  expect(deadLetters).toMatchObject([
    {
      service: "greeting-service",
      id: letter,
      event: "names.added",
      group: "greeting-service",
      key: String(id),
      state: "waiting",
      reason: { code: "NOT_FOUND", message: "tongue not found" },
      attempts: 2,
      source: "/name-service",
    },
  ]);
  expect(deadLetters[0]).not.toHaveProperty("data");
  const shown = await dlqJson("show", letter, "--service", "greeting-service");
  expect(shown).toMatchObject({ id: letter, data: { id, name: UNSPEAKABLE }, contentType: "application/json" });
  expect(shown.attributes.correlationid).toMatch(/^\w+$/);
  const text = await dlq();
  expect(text.split("\n")[0]).toMatch(/^service +id +event +key +tried +since +reason$/);
  expect(text).toContain("NOT_FOUND: tongue not found");
  expect(await dlq("show", letter)).toContain(`"name": "${UNSPEAKABLE}"`);
});

test("a letter that is replayed once its cause is mended is handled, and is gone", async () => {
  const { id, letter } = await addUnspeakable();
  tongue.isMended = true;
  expect(await dlq("replay", letter, "--service", "greeting-service", "--rate", "5/s")).toBe(
    "1 letter will be handled again\n",
  );
  await vi.waitFor(async () => expect((await dlqJson()).deadLetters).toEqual([]), { timeout: 15_000, interval: 50 });
  await system.settled();
  const greeting = await system.clientOf(GreetingService).greet({ id });
  expect(greeting).toMatchObject({ greeting: `Hello, ${UNSPEAKABLE} (printed)` });
});

test("a letter that fails again is a letter again; one that is dropped is forgotten", async () => {
  const { letter } = await addUnspeakable();
  expect(await dlqJson("replay", "--event", "names.added")).toMatchObject({ action: "replay", total: 1 });
  await vi.waitFor(
    async () => expect((await dlqJson()).deadLetters).toMatchObject([{ id: letter, state: "waiting" }]),
    { timeout: 15_000, interval: 50 },
  );
  expect(await dlq("drop", letter, "--service", "greeting-service")).toBe("1 letter dropped\n");
  expect(await dlq()).toBe("no dead letters\n");
});

test.each([
  [["drop"], "say which to drop: an id, --event, --group, --key, --code or --cause; or --all"],
  [["replay", "1"], "say whose letter 1 is, with --service"],
  [["show"], "show needs the id of a letter"],
  [["replay", "--all", "--rate", "fast"], '--rate "fast" must be a number a second above 0, as in 10/s'],
  [["--limit", "0"], '--limit "0" must be a whole number from 1 to 1000'],
  [["--service", "greting-service"], 'no service "greting-service" (did you mean "greeting-service"?)'],
  [["show", "99", "--service", "greeting-service"], "no dead letter 99"],
])("what cannot be meant is refused: %s", async (args, message) => {
  const { stderr, exitCode } = await parley(["dlq", ...args, "--system", WELCOMES_DIR], { env });
  expect(stderr).toContain(message);
  expect(exitCode).toBeGreaterThan(0);
});

test("pages are as long as asked for, and the filter's mistakes are told", async () => {
  await addUnspeakable();
  await addUnspeakable();
  const channel = createChannel({ target: system.addressOf("greeting-service") });
  const letters = createClient(DeadLetterService, channel);
  const first = await letters.listDeadLetters({ pageSize: 1 });
  expect(first.deadLetters).toHaveLength(1);
  const second = await letters.listDeadLetters({ pageSize: 1, pageToken: first.nextPageToken });
  expect(second.deadLetters).toHaveLength(1);
  expect(second.nextPageToken).toBe("");
  expect(second.deadLetters[0]?.id).not.toBe(first.deadLetters[0]?.id);
  await expect(letters.listDeadLetters({ pageSize: -1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(letters.replayDeadLetters({ ratePerSecond: -1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await channel.close();
});

test("where services ask for service tokens the command sends one, and nobody gets in without", {
  timeout: 60_000,
}, async () => {
  const secret = "a secret of the test, long enough for HS256";
  const ports = { NAME_SERVICE_PORT: String(await freePort()), GREETING_SERVICE_PORT: String(await freePort()) };
  await using guarded = await startForTest(welcomes, { env: { ...ports, SERVICE_TOKEN_SECRET: secret } });
  expect(guarded.running.parts).toHaveLength(3);
  const args = ["dlq", "--system", WELCOMES_DIR];
  expect(await parley(args, { env: { ...ports, SERVICE_TOKEN_SECRET: secret } })).toMatchObject({
    exitCode: 0,
    stdout: "no dead letters\n",
  });
  const without = await parley(args, { env: ports });
  expect(without.exitCode).toBe(1);
  expect(without.stderr).toContain("-service: ");
  expect(without.stderr).toMatch(/token/);
});

test("a service that does not run is named", async () => {
  const { stderr, exitCode } = await parley(["dlq", "--system", WELCOMES_DIR], {
    env: { ...env, GREETING_SERVICE_PORT: "1" },
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("greeting-service: ");
});
