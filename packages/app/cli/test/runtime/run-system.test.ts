import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import type { LoadedSystem, RunningSystem } from "@parley/runtime";
import { runSystem, startPart } from "@parley/runtime";
import { defineService } from "parleyjs";
import { expect, onTestFinished, test } from "vitest";
import { placeDatabases } from "../database-template.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { greetings } from "../greetings.ts";
import { call } from "../http.ts";
import { temporaryFolder } from "../temporary-folder.ts";

async function run(system: LoadedSystem, env: NodeJS.ProcessEnv): Promise<RunningSystem> {
  const running = await runSystem(system, { env: { LOG_LEVEL: "silent", ...env } });
  onTestFinished(async () => void (await running.stop()));
  return running;
}

const addressOf = (running: RunningSystem, part: string): string =>
  running.parts.find(({ name }) => name === part)?.address ?? expect.fail(`${part} does not run`);

async function occupyPort(): Promise<number> {
  const server = createServer().listen({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

test("a system answers over its gateway, stops drained, and finds its data again", { timeout: 60_000 }, async () => {
  const env = { PARLEY_DATA_DIR: await temporaryFolder() };
  await placeDatabases(join(env.PARLEY_DATA_DIR, "name-service"));
  const first = await run(greetings, env);
  expect(first.parts.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "name-service service",
    "greeting-service service",
    "door gateway",
  ]);
  const door = addressOf(first, "door");
  expect(await call(`${door}/names`, { method: "POST", json: { name: "Ada" } })).toMatchObject({ status: 201 });
  expect((await call(`${door}/greetings/1`)).body).toBe('{"greeting":"Hello, Ada"}');
  expect((await call(`${door}/metrics`)).body).toContain('method="Greet"');
  expect((await call(`${door}/health`)).status).toBe(200);
  expect(await first.stop()).toBe("drained");
  expect(await first.stop()).toBe("drained");
  await expect(call(`${door}/health`)).rejects.toThrow("ECONNREFUSED");

  const second = await run(greetings, env);
  expect((await call(`${addressOf(second, "door")}/greetings/1`)).body).toBe('{"greeting":"Hello, Ada"}');
});

test("metrics have a port of their own where one is given", { timeout: 60_000 }, async () => {
  const port = await occupyPort();
  const env = { METRICS_PORT: String(port), LOG_LEVEL: "silent" };
  await expect(startPart(greetings, "greeting-service", { env })).rejects.toThrow(
    `metrics cannot listen on 127.0.0.1:${port}`,
  );
});

test("ports in use are told together, with the part and what changes them, before anything is opened", async () => {
  const [names, door] = [await occupyPort(), await occupyPort()];
  const dataDir = `${await temporaryFolder()}/data`;
  const env = { NAME_SERVICE_PORT: String(names), DOOR_PORT: String(door), PARLEY_DATA_DIR: dataDir };
  await expect(run(greetings, env)).rejects.toThrow(
    [
      `name-service cannot listen on 127.0.0.1:${names}: the port is in use; stop what listens there, or set NAME_SERVICE_PORT or pass --port name-service=PORT`,
      `door cannot listen on 127.0.0.1:${door}: the port is in use; stop what listens there, or set DOOR_PORT or pass --port door=PORT`,
    ].join("\n"),
  );
});

test("when a part cannot start, the others are stopped and what is open is closed, latest first", {
  timeout: 60_000,
}, async () => {
  const ended: string[] = [];
  const failing = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    setup({ onStop }) {
      onStop(() => void ended.push("first"));
      onStop(() => void ended.push("second"));
      throw new Error("the mail server is not there");
    },
  });
  const [, greetingService] = greetings.definition.services;
  if (!greetingService) expect.fail("the fixture has two services");
  const system = { ...greetings, definition: { ...greetings.definition, services: [failing, greetingService] } };
  await expect(run(system, {})).rejects.toThrow("name-service cannot start: the mail server is not there");
  expect(ended).toEqual(["second", "first"]);
});

test("a part that is not there is refused, with those that are", async () => {
  await expect(startPart(greetings, "nmae-service")).rejects.toThrow(
    'no part "nmae-service" (did you mean "name-service"?) of the system greetings; its parts are name-service, greeting-service, door',
  );
});

test("a part that calls a service on any free port of another process is told which variable says where", async () => {
  const env = { LOG_LEVEL: "silent", NAME_SERVICE_PORT: "0" };
  await expect(startPart(greetings, "greeting-service", { env })).rejects.toThrow(
    "greeting-service cannot know where name-service is: its port is 0, which is any free one, and it runs in another process; set NAME_SERVICE_URL to its address, or NAME_SERVICE_PORT to a port of its own",
  );
});

test("one part runs alone, and says so when what it calls is away", { timeout: 60_000 }, async () => {
  const env = { LOG_LEVEL: "silent", NAME_SERVICE_URL: "127.0.0.1:1", GREETING_SERVICE_URL: "127.0.0.1:1" };
  const running = await startPart(greetings, "door", { env });
  onTestFinished(async () => void (await running.stop()));
  const { status, body } = await call(`${addressOf(running, "door")}/health`);
  expect(status).toBe(503);
  expect(JSON.parse(body)).toEqual({
    status: "degraded",
    services: { nameService: "disconnected", greetingService: "disconnected" },
  });
  expect((await call(`${addressOf(running, "door")}/greetings/1`)).status).toBe(503);
});
