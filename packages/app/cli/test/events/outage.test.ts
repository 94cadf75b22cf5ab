import { noopLogger } from "@parley/core";
import { createServer as createRpcServer } from "@parley/rpc";
import { serveTransports } from "@parley/runtime/internal";
import { startForTest } from "@parley/runtime/testing";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { call } from "../http.ts";
import { welcomes } from "../welcomes.ts";

/** A broker that is up when told so: a transport in memory that another process could have lent. */
async function startBroker(port: number): Promise<void> {
  const broker = createMemoryBroker();
  const lender = serveTransports({
    open: async ({ topics }) => createMemoryTransport({ broker, topics }),
    logger: noopLogger,
  });
  const server = createRpcServer({ services: [lender.registration] });
  await server.listen({ port, host: "127.0.0.1" });
  onTestFinished(async () => {
    await lender.close();
    await server.drain({ graceMs: 0, signal: AbortSignal.abort() });
  });
}

test("services start, answer and keep what they publish while the broker is away, and send it when it is back", {
  timeout: 90_000,
}, async () => {
  const port = await freePort();
  const env = { EVENTS_URL: `parley://127.0.0.1:${port}` };
  await using system = await startForTest(welcomes, { env });
  const { id } = await system.clientOf(NameService).addName({ name: "Ada" });
  expect(id).toBe(1);
  await expect(system.settled({ timeoutMs: 100 })).rejects.toThrow("1 events to be sent by name-service");
  const health = await call(`${system.addressOf("door")}/health`);
  expect(health.status).toBe(200);
  expect(JSON.parse(health.body)).toMatchObject({ status: "ok", events: "degraded" });

  await startBroker(port);
  await expect
    .poll(
      () =>
        system
          .clientOf(GreetingService)
          .greet({ id })
          .then(({ greeting }) => greeting, String),
      { timeout: 30_000, interval: 100 },
    )
    .toBe("Hello, Ada (printed)");
  await expect
    .poll(async () => JSON.parse((await call(`${system.addressOf("door")}/health`)).body).events, {
      timeout: 30_000,
      interval: 200,
    })
    .toBe("connected");
});

test("a stop does not wait for a broker that is away; what is stored stays", { timeout: 60_000 }, async () => {
  const env = { EVENTS_URL: `nats://127.0.0.1:${await freePort()}`, DRAIN_TIMEOUT: "5m" };
  await using system = await startForTest(welcomes, { env });
  await system.clientOf(NameService).addName({ name: "Ada" });
  expect(await system.running.stop()).toBe("drained");
});
