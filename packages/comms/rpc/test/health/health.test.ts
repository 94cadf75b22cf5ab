import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { createServer } from "../../src/create-server.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { checkHealth } from "../../src/health/check-health.ts";
import { createHealthService } from "../../src/health/health-service.ts";
import { createInProcessChannel } from "../../src/in-process/create-in-process-channel.ts";
import { createRig, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

async function setUp() {
  const health = createHealthService();
  const { server, target } = await rig.serve({ services: [], health });
  const channel = rig.open({ target, policy: policyWith({ retry: NO_RETRY }) });
  return { health, server, channel, client: createClient(Health, channel) };
}

test("the server serves from the start; a service does once it is set; others are unknown", async () => {
  const { health, channel, client } = await setUp();
  expect(await checkHealth(channel)).toBe("serving");
  expect(await checkHealth(channel, "shop.v1.Shop")).toBe("unknown");
  await expect(client.check({ service: "shop.v1.Shop" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  health.set("shop.v1.Shop", "not_serving");
  expect(await checkHealth(channel, "shop.v1.Shop")).toBe("not_serving");
  expect(Object.keys((await client.list({})).statuses)).toEqual(["", "shop.v1.Shop"]);
});

test("a server that cannot be asked is an error, not a status", async () => {
  const channel = rig.open({ target: "127.0.0.1:1", policy: policyWith({ retry: NO_RETRY }) });
  await expect(checkHealth(channel)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("watch tells each change once, and the end", async () => {
  const { health, server, client } = await setUp();
  const told: Status[] = [];
  const changes: (() => void)[] = [
    () => health.set("shop", "serving"),
    () => health.set("shop", "not_serving"),
    () => health.set("shop", "serving"),
    () => void server.drain({ graceMs: 5_000 }),
  ];
  const watching = (async () => {
    for await (const { status } of client.watch({ service: "shop" })) {
      told.push(status);
      changes.shift()?.();
    }
  })();
  await expect(watching).rejects.toMatchObject({ code: "UNAVAILABLE", message: "the server is shutting down" });
  const { SERVICE_UNKNOWN, SERVING, NOT_SERVING } = Status;
  expect(told).toEqual([SERVICE_UNKNOWN, SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
});

test("a watcher who leaves makes room for another", async () => {
  const health = createHealthService();
  const channel = createInProcessChannel(createServer({ services: [], health }));
  const client = createClient(Health, channel);
  for (let i = 0; i < 1_100; i++) {
    for await (const { status } of client.watch({})) {
      expect(status).toBe(Status.SERVING);
      break;
    }
  }
  await channel.close();
});
