import { readFile } from "node:fs/promises";
import { type BusEvent, type CallEvent, notFound, type Operation, ParleyError } from "@parley/core";
import {
  createMetrics,
  type GatewayObservation,
  METRICS,
  type Metrics,
  type MetricsOptions,
  serveMetrics,
  watchCalls,
} from "@parley/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { answer, answerStream, failWith, serviceWith, streamingCall, unaryCall } from "./support/calls.ts";
import { parseExposition } from "./support/exposition.ts";

function setUp(options: Partial<MetricsOptions> = {}): Metrics {
  const metrics = createMetrics({ service: "user-service", process: "off", ...options });
  onTestFinished(() => metrics.close());
  return metrics;
}

async function read(metrics: Metrics) {
  const families = parseExposition(await metrics.text());
  return {
    families,
    value(name: string, labels: Record<string, string> = {}) {
      const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
      const wanted = Object.entries(labels);
      return family?.samples.find((it) => it.name === name && wanted.every(([key, value]) => it.labels[key] === value))
        ?.value;
    },
  };
}

const GATEWAY: GatewayObservation = {
  connections: 3,
  refusedConnections: { gateway: 0, address: 2 },
  unfinishedBodies: 1,
  unfinishedBodyBytes: 4_096,
  refusedBodies: { gateway: 5, address: 0 },
  liveClients: { sse: 6, websocket: 7 },
  liveResets: new Map([["EVENTS_MISSED", 9]]),
  certificateExpiresMs: 1_800_000_000_000,
};

test("calls are counted by code, timed, and in flight until they end", async () => {
  let timeMs = 0;
  const metrics = setUp();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const watch = watchCalls([metrics.calls], { stopwatch: () => timeMs });
  const slow = watch(async (call) => {
    await held;
    timeMs += 3;
    return answer(call);
  })(unaryCall());
  const labels = { service: "test.v1.Users", method: "GetUser", side: "server" };
  expect((await read(metrics)).value("parley_calls_in_flight", labels)).toBe(1);
  release();
  await slow;
  await watch(failWith(notFound("user")))(unaryCall()).catch(() => {});

  const { value } = await read(metrics);
  expect(value("parley_calls_in_flight", labels)).toBe(0);
  expect(value("parley_calls_total", { ...labels, code: "OK" })).toBe(1);
  expect(value("parley_calls_total", { ...labels, code: "NOT_FOUND" })).toBe(1);
  expect(value("parley_call_duration_seconds_count", labels)).toBe(2);
  expect(value("parley_call_duration_seconds_sum", labels)).toBeCloseTo(0.003);
  expect(value("parley_call_duration_seconds_bucket", { ...labels, le: "0.0025" })).toBe(1);
  expect(value("parley_call_duration_seconds_bucket", { ...labels, le: "0.005" })).toBe(2);
  expect(value("parley_call_duration_seconds_bucket", { ...labels, le: "+Inf" })).toBe(2);
});

test("a stream counts when it has ended, as what it ended with", async () => {
  const metrics = setUp();
  const reply = await watchCalls([metrics.calls])(answerStream(2, new ParleyError("ABORTED", "x")))(
    streamingCall({ side: "client" }),
  );
  if (!reply.streaming) expect.unreachable();
  expect((await read(metrics)).value("parley_calls_in_flight", { side: "client" })).toBe(1);
  await Array.fromAsync(reply.messages).catch(() => {});
  const { value } = await read(metrics);
  expect(value("parley_calls_in_flight", { side: "client" })).toBe(0);
  expect(value("parley_calls_total", { side: "client", code: "ABORTED" })).toBe(1);
});

test("methods over the limit share one series", async () => {
  const metrics = setUp();
  const handler = watchCalls([metrics.calls])(answer);
  const operations = serviceWith(
    Array.from({ length: 1_500 }, (_, i) => ({ name: `M${i}` })),
    "Many",
  );
  for (const operation of operations) await handler(unaryCall({ operation: operation as Operation }));
  const { families, value } = await read(metrics);
  expect(families.get("parley_calls_total")?.samples).toHaveLength(1_001);
  expect(value("parley_calls_total", { service: "other", method: "other", code: "OK" })).toBe(500);
});

test("HTTP requests are counted by route template; made-up methods are other", async () => {
  const metrics = setUp();
  metrics.http({ method: "GET", route: "/users/{id}", status: 200, durationMs: 2 });
  metrics.http({ method: "GET", route: "/users/{id}", status: 404, durationMs: 2 });
  metrics.http({ method: "BREW", route: "unmatched", status: 404, durationMs: 1 });
  const { value } = await read(metrics);
  expect(value("parley_http_requests_total", { method: "GET", route: "/users/{id}", status: "404" })).toBe(1);
  expect(value("parley_http_requests_total", { method: "other", route: "unmatched" })).toBe(1);
  expect(value("parley_http_request_duration_seconds_count", { method: "GET" })).toBe(2);
});

const EVENTS: readonly CallEvent[] = [
  { type: "retry", target: "users:1", method: "GetUser", attempt: 1, delayMs: 5, code: "UNAVAILABLE" },
  { type: "retry_budget_exhausted", target: "users:1", method: "GetUser" },
  { type: "breaker", target: "users:1", from: "closed", to: "open" },
  { type: "connection", target: "users:1", address: "10.0.0.1:1", state: "ready" },
  { type: "queued", target: "users:1", waitedMs: 12 },
];

const ADDED = { kind: "event", name: "names.added", group: "greeting-service" } as const;
const BUS_EVENTS: readonly BusEvent[] = [
  { type: "handled", ...ADDED, outcome: "done", code: "OK", durationMs: 4, ageMs: 30 },
  { type: "handled", ...ADDED, outcome: "dead", code: "INVALID_ARGUMENT", durationMs: 1, ageMs: 9_000 },
  { type: "relayed", name: "names.added", count: 3, code: "OK" },
  { type: "lag", of: "outbox", name: "", group: "", count: 7, oldestMs: 2_500 },
  { type: "lag", of: "group", name: "names.added", group: "greeting-service", count: 2 },
  { type: "dead_letters", name: "names.added", group: "greeting-service", count: 4, oldestMs: 3_000 },
];

test("what the bus tells becomes metrics", async () => {
  const metrics = setUp();
  BUS_EVENTS.forEach(metrics.observeBus);
  const { value } = await read(metrics);
  const labels = { name: "names.added", group: "greeting-service" };
  expect(value("parley_events_handled_total", { ...labels, outcome: "done", code: "OK" })).toBe(1);
  expect(value("parley_events_handled_total", { ...labels, outcome: "dead", code: "INVALID_ARGUMENT" })).toBe(1);
  expect(value("parley_event_handling_seconds_count", labels)).toBe(2);
  expect(value("parley_event_age_seconds_sum", labels)).toBeCloseTo(0.03);
  expect(value("parley_events_relayed_total", { name: "names.added", code: "OK" })).toBe(3);
  expect(value("parley_events_waiting", { of: "outbox" })).toBe(7);
  expect(value("parley_events_waiting_oldest_seconds", { of: "outbox" })).toBe(2.5);
  expect(value("parley_events_waiting", { of: "group", ...labels })).toBe(2);
  expect(value("parley_events_waiting_oldest_seconds", { of: "group" })).toBeUndefined();
  expect(value("parley_dead_letters", labels)).toBe(4);
  expect(value("parley_dead_letters_oldest_seconds", labels)).toBe(3);
});

test("the age of an event is told beyond ten seconds", async () => {
  const metrics = setUp();
  metrics.observeBus({ type: "handled", ...ADDED, outcome: "done", code: "OK", durationMs: 4, ageMs: 200_000 });
  const { value } = await read(metrics);
  expect(value("parley_event_age_seconds_bucket", { le: "60" })).toBe(0);
  expect(value("parley_event_age_seconds_bucket", { le: "300" })).toBe(1);
});

test("the connection to a broker is a gauge, and each loss is counted", async () => {
  const metrics = setUp();
  const { connections } = metrics;
  const labels = { part: "user-service", transport: "nats" };
  const told = async () => {
    const { value } = await read(metrics);
    return [value("parley_event_transport_connected", labels), value("parley_event_transport_losses_total", labels)];
  };
  connections.transport(labels, "away");
  expect(await told()).toEqual([0, 0]);
  connections.transport(labels, "connected");
  expect(await told()).toEqual([1, 0]);
  connections.transport(labels, "away");
  connections.transport(labels, "away");
  expect(await told()).toEqual([0, 1]);
});

test("the pool of a database is read as it is then, until it is closed", async () => {
  const metrics = setUp();
  const labels = { part: "user-service", database: "localhost:5432/userdb" };
  const use = { max: 10, inUse: 10, waiting: 3 };
  const stop = metrics.connections.pool(labels, () => use);
  const { value } = await read(metrics);
  expect(value("parley_database_connections", labels)).toBe(10);
  expect(value("parley_database_connections_max", labels)).toBe(10);
  expect(value("parley_database_waiting", labels)).toBe(3);
  stop();
  expect((await read(metrics)).value("parley_database_waiting", labels)).toBeUndefined();
});

test("what channels tell becomes metrics", async () => {
  const metrics = setUp();
  EVENTS.forEach(metrics.observe);
  const { value } = await read(metrics);
  expect(value("parley_call_retries_total", { code: "UNAVAILABLE" })).toBe(1);
  expect(value("parley_call_retries_refused_total", { target: "users:1" })).toBe(1);
  expect(value("parley_breaker_state", { target: "users:1" })).toBe(2);
  expect(value("parley_breaker_changes_total", { to: "open" })).toBe(1);
  expect(value("parley_connection_changes_total", { to: "ready" })).toBe(1);
  expect(value("parley_call_queue_seconds_bucket", { le: "0.025" })).toBe(1);
});

test("the gateway is asked how it stands each time metrics are read", async () => {
  const metrics = setUp({ version: "1.2.3" });
  metrics.watchGateway(() => GATEWAY);
  const { value } = await read(metrics);
  expect(value("parley_http_connections", {})).toBe(3);
  expect(value("parley_http_connections_refused_total", { limit: "address" })).toBe(2);
  expect(value("parley_http_unfinished_bodies", {})).toBe(1);
  expect(value("parley_http_unfinished_body_bytes", {})).toBe(4_096);
  expect(value("parley_http_bodies_refused_total", { limit: "gateway" })).toBe(5);
  expect(value("parley_live_clients", { kind: "websocket" })).toBe(7);
  expect(value("parley_live_resets_total", { reason: "EVENTS_MISSED" })).toBe(9);
  expect(value("parley_tls_certificate_expiry_seconds", {})).toBe(1_800_000_000);
  expect(value("parley_build_info", { version: "1.2.3", node: process.versions.node })).toBe(1);
});

test.runIf(process.platform === "linux")("open files are counted beside their limit", async () => {
  const { value } = await read(setUp({ process: "on" }));
  expect(value("process_open_fds", {})).toBeGreaterThan(2);
  expect(value("process_max_fds", {})).toBeGreaterThan(value("process_open_fds", {}) ?? 0);
});

test("labels with quotes, backslashes and line ends keep the exposition valid", async () => {
  const metrics = setUp();
  metrics.http({ method: "GET", route: '/a"b\\c\nd', status: 200, durationMs: 1 });
  const [sample] = (await read(metrics)).families.get("parley_http_requests_total")?.samples ?? [];
  expect(sample?.labels.route).toBe('/a\\"b\\\\c\\nd');
});

test("two instances know nothing of each other, and a service's own metrics appear beside Parley's", async () => {
  const [one, two] = [setUp(), setUp({ service: "order-service" })];
  one.meter.createCounter("orders_created_total").add(2);
  await watchCalls([one.calls])(answer)(unaryCall());
  expect((await read(one)).value("orders_created_total")).toBe(2);
  const other = await read(two);
  expect(other.value("parley_calls_total")).toBeUndefined();
  expect(other.value("target_info", { service_name: "order-service" })).toBe(1);
});

test("a blocked event loop shows in the lag", async () => {
  const metrics = setUp({ process: "on" });
  await new Promise((resolve) => setTimeout(resolve, 30));
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect((await read(metrics)).value("nodejs_eventloop_lag_seconds", { quantile: "1" })).toBeGreaterThan(0.25);
});

test("every metric emitted is documented with its type and labels, and every documented one is emitted", async () => {
  const metrics = setUp({ process: "on", version: "1.2.3" });
  await watchCalls([metrics.calls])(answer)(unaryCall());
  metrics.http({ method: "GET", route: "/x", status: 200, durationMs: 1 });
  metrics.watchGateway(() => GATEWAY);
  EVENTS.forEach(metrics.observe);
  BUS_EVENTS.forEach(metrics.observeBus);
  metrics.connections.transport({ part: "user-service", transport: "nats" }, "connected");
  metrics.connections.pool({ part: "user-service", database: "userdb" }, () => ({ max: 10, inUse: 1, waiting: 0 }));
  metrics.meter.createHistogram("unrelated");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { families } = await read(metrics);
  const emitted = [...families].filter(([name]) => name !== "target_info");
  // A pause for garbage collection cannot be asked for, so that one may be missing.
  expect(new Set([...emitted.map(([name]) => name), "nodejs_gc_duration_seconds"])).toEqual(
    new Set(Object.keys(METRICS)),
  );
  for (const [name, { type, help, samples }] of emitted) {
    const definition = METRICS[name as keyof typeof METRICS];
    expect({ type, help }).toEqual({ type: definition.type, help: definition.help });
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    labels.delete("le");
    expect([...labels].sort()).toEqual([...definition.labels].sort());
  }

  const page = await readFile(new URL("../../../../docs/reference/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm)].map(([, name, type, labels = ""]) => [
    name,
    type,
    [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  ]);
  expect(rows).toEqual(Object.entries(METRICS).map(([name, { type, labels }]) => [name, type, [...labels]]));
});

test("/metrics is served over HTTP, other paths and methods are refused, and the port is free after close", async () => {
  const metrics = setUp();
  await watchCalls([metrics.calls])(answer)(unaryCall());
  const server = await serveMetrics(metrics, { port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${server.port}`;
  const response = await fetch(`${url}/metrics?x=1`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(parseExposition(await response.text()).has("parley_calls_total")).toBe(true);
  expect((await fetch(url)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
  await expect(serveMetrics(metrics, { port: server.port, host: "127.0.0.1" })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await server.close();
  await server.close();
  const again = await serveMetrics(metrics, { port: server.port, host: "127.0.0.1" });
  await again.close();
});

test("two gateways of one process are one sum, with the certificate that expires first", async () => {
  const metrics = setUp();
  metrics.watchGateway(() => GATEWAY);
  metrics.watchGateway(() => ({ ...GATEWAY, liveClients: { sse: 1 }, certificateExpiresMs: 1_700_000_000_000 }));
  const { value } = await read(metrics);
  expect(value("parley_http_connections", {})).toBe(6);
  expect(value("parley_http_connections_refused_total", { limit: "address" })).toBe(4);
  expect(value("parley_live_clients", { kind: "sse" })).toBe(7);
  expect(value("parley_live_clients", { kind: "websocket" })).toBe(7);
  expect(value("parley_tls_certificate_expiry_seconds", {})).toBe(1_700_000_000);
});
