import { DEFAULT_BUS_SETTINGS, DEFAULT_EVENT_POLICY, defineEvent } from "@parley/events";
import { postgres } from "@parley/postgres/adapter";
import type { LoadedSystem } from "@parley/runtime";
import { resolveConfig } from "@parley/runtime";
import { checkPolicyNames, createEventPolicies, readPolicy } from "@parley/runtime/internal";
import type { GatewayDefinition } from "parleyjs";
import { POLICY_SPEC } from "parleyjs/internal";
import { expect, test } from "vitest";
import { AddNameRequestSchema } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { greetings } from "../greetings.ts";

const named = defineEvent({ name: "names.added", schema: AddNameRequestSchema });
const publishing: LoadedSystem = {
  ...greetings,
  definition: {
    ...greetings.definition,
    services: greetings.definition.services.map((service, index) =>
      index ? service : { ...service, publishes: [named] },
    ),
  },
};

const placeWith = async (env: NodeJS.ProcessEnv, system = publishing) => (await resolveConfig(system, { env })).events;

test.each([
  ["postgres://u:p@db/log", "postgres"],
  ["nats://a:4222,b:4222", "nats"],
  ["tls://a:4222", "nats"],
  ["amqp://localhost", "rabbitmq"],
  ["amqps://localhost", "rabbitmq"],
  ["redis://localhost", "redis"],
  ["rediss://localhost", "redis"],
  ["kafka://a:9092,b:9092", "kafka"],
  ["kafkas://a:9093", "kafka"],
  ["KAFKAS://a:9093", "kafka"],
])("the scheme of %s chooses the transport %s", async (url, transport) => {
  expect(await placeWith({ EVENTS_URL: url })).toEqual({ kind: "broker", transport, url });
});

test("without an address events are kept where the databases are", async () => {
  expect(await placeWith({})).toEqual({ kind: "embedded" });
  expect(await placeWith({ DATABASE_URL: "postgres://u:p@db:5432/x?sslmode=require" })).toEqual({
    kind: "broker",
    transport: "postgres",
    url: "postgres://u:p@db:5432/greetings_events?sslmode=require",
  });
  expect(await placeWith({ NODE_ENV: "production", PARLEY_DATABASE: "embedded" })).toEqual({ kind: "embedded" });
});

test("production must know where events go, if there are any", async () => {
  const env = { NODE_ENV: "production", NAMEDB_URL: "postgres://db/namedb" };
  await expect(placeWith(env)).rejects.toThrow("EVENTS_URL must be set in production, or DATABASE_URL");
  expect(await placeWith(env, greetings)).toEqual({ kind: "none" });
});

test("in production a part that shows no events needs no address for them", async () => {
  const env = { NODE_ENV: "production", NAMEDB_URL: "postgres://db/namedb" };
  const eventsOf = async (...parts: readonly string[]) => (await resolveConfig(publishing, { env, parts })).events;
  expect(await eventsOf("greeting-service")).toEqual({ kind: "none" });
  expect(await eventsOf("door")).toEqual({ kind: "none" });
  await expect(eventsOf("name-service")).rejects.toThrow("EVENTS_URL must be set in production");
  const realtime = { ...publishing.definition.gateways?.[0], realtime: {} } as GatewayDefinition;
  const live: LoadedSystem = { ...publishing, definition: { ...publishing.definition, gateways: [realtime] } };
  await expect(resolveConfig(live, { env, parts: ["door"] })).rejects.toThrow("EVENTS_URL must be set in production");
});

test("an address that nothing speaks is refused, and never shown", async () => {
  const error = await placeWith({ EVENTS_URL: "nat://user:secret@host" }).catch((thrown: Error) => thrown);
  expect(String(error)).toContain('got the scheme "nat" (did you mean "nats"?); known are postgres, postgresql, nats');
  expect(String(error)).not.toContain("secret");
});

test("a broker whose adapter the system does not list is refused, with what to install and to list", async () => {
  const unlisted = { ...publishing, definition: { ...publishing.definition, transports: [] } };
  await expect(placeWith({ EVENTS_URL: "kafka://a:9092" }, unlisted)).rejects.toThrow(
    /got the scheme "kafka"; known are postgres, postgresql; .*install its adapter .*@parley\/transport-<broker>.*transports: \[nats\(\)\]/,
  );
});

test("a transport of a third party is chosen by its scheme, also one that Parley knows", async () => {
  const own = { ...postgres(), name: "own", schemes: { "own+tls": 1, postgres: 5432 } };
  const system = { ...publishing, definition: { ...publishing.definition, transports: [own] } };
  expect(await placeWith({ EVENTS_URL: "own+tls://a" }, system)).toMatchObject({ transport: "own" });
  expect(await placeWith({ EVENTS_URL: "postgres://a/b" }, system)).toMatchObject({ transport: "own" });
});

const YAML = `
events:
  retry: { maxAttempts: 8, initialDelay: 10ms }
  timeout: 20s
  inboxRetention: 1d
  perEvent:
    names.added: { concurrency: 32, retry: { maxDelay: 1s } }
  perQueue:
    reports: { timeout: 5m }
`;

test("what is said for one event or queue wins, setting by setting", async () => {
  const { policy, problems } = await readPolicy(YAML, "policy.yaml");
  expect(problems).toEqual([]);
  const policies = createEventPolicies(policy.events);
  expect(policies.bus).toMatchObject({ inboxRetentionMs: 86_400_000, outboxPollMs: 1_000 });
  expect(policies.ofEvent("names.added")).toMatchObject({
    maxAttempts: 8,
    backoff: { initialMs: 10, maxMs: 1_000, multiplier: 2, jitter: "equal" },
    timeoutMs: 20_000,
    concurrency: 32,
  });
  expect(policies.ofQueue("reports")).toMatchObject({ maxAttempts: 8, timeoutMs: 300_000 });
  expect(policies.ofEvent("names.removed")).toMatchObject({ concurrency: 8, timeoutMs: 20_000 });
});

test("the defaults that the policy file names are those of the bus", () => {
  const { retry, timeout, concurrency, outboxPoll, inboxRetention } = POLICY_SPEC.fields.events.fields;
  const { maxAttempts, initialDelay, maxDelay, multiplier, jitter } = retry.fields;
  const settings = {
    timeout: timeout.default,
    concurrency: concurrency.default,
    outboxPoll: outboxPoll.default,
    inboxRetention: inboxRetention.default,
    retry: {
      maxAttempts: maxAttempts.default,
      initialDelay: initialDelay.default,
      maxDelay: maxDelay.default,
      multiplier: multiplier.default,
      jitter: jitter.default,
    },
  };
  const named = createEventPolicies(settings);
  expect(named.ofEvent("a.b")).toEqual(DEFAULT_EVENT_POLICY);
  expect(named.bus).toEqual(DEFAULT_BUS_SETTINGS);
});

test("a policy for an event that is nearly one of the system's is a slip", async () => {
  const reading = await readPolicy("events: { perEvent: { names.aded: { timeout: 1s }, weather.changed: {} } }", "p");
  expect(checkPolicyNames(publishing.definition, reading).map(({ path, message }) => `${path} ${message}`)).toEqual([
    'events.perEvent.names.aded is no event that a service publishes or subscribes to (did you mean "names.added"?); known here: names.added',
  ]);
});
