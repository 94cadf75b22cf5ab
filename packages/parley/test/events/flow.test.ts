import { expect, test } from "vitest";
import { startForTest } from "../../src/testing/start-for-test.ts";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { welcomes } from "../welcomes.ts";

test("an event flows from one service to the other, and its job is worked, on the embedded database", {
  timeout: 60_000,
}, async () => {
  await using system = await startForTest(welcomes);
  const { id } = await system.clientOf(NameService).addName({ name: "Ada" });
  await system.settled();
  expect(await system.clientOf(GreetingService).greet({ id })).toMatchObject({ greeting: "Hello, Ada (printed)" });
});
