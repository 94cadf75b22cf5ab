import { access } from "node:fs/promises";
import { startForTest } from "@parley/runtime/testing";
import { expect, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { greetings } from "../greetings.ts";
import { call } from "../http.ts";

test("a system for a test has typed clients, an empty database and a door, and leaves nothing", async () => {
  const system = await startForTest(greetings);
  const { id } = await system.clientOf(NameService).addName({ name: "Ada" });
  expect(id).toBe(1);
  expect(await system.clientOf(GreetingService).greet({ id })).toMatchObject({ greeting: "Hello, Ada" });
  const door = system.addressOf("door");
  expect((await call(`${door}/greetings/1`)).body).toBe('{"greeting":"Hello, Ada"}');
  const { dataDir } = system.running.config;
  await access(dataDir);
  await system[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
  await expect(call(`${door}/greetings/1`)).rejects.toThrow("ECONNREFUSED");
  await expect(access(dataDir)).rejects.toThrow("ENOENT");
});

test("two systems at once know nothing of each other", async () => {
  await using first = await startForTest(greetings);
  await using second = await startForTest(greetings);
  await first.clientOf(NameService).addName({ name: "Ada" });
  await expect(second.clientOf(NameService).getName({ id: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("one part runs alone, and what is not there is named", async () => {
  await using system = await startForTest(greetings, { part: "name-service" });
  expect(() => system.addressOf("door")).toThrow("door does not run here; what does is name-service");
  expect(() => system.clientOf(GreetingService)).toThrow("greeting-service does not run here");
});
