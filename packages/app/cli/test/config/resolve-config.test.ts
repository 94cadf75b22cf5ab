import { isParleyError } from "@parley/core";
import { type ConfigSources, resolveConfig } from "@parley/runtime";
import { expect, test } from "vitest";
import { greetings, withPolicy } from "../greetings.ts";

const resolve = (sources: ConfigSources = {}) => resolveConfig(greetings, { env: {}, ...sources });

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.fail("the configuration should be refused"),
    (thrown: unknown) => thrown,
  );
  if (!isParleyError(error)) throw error;
  expect(error.code).toBe("FAILED_PRECONDITION");
  return error.message;
}

test("flags win over the environment, the environment over the policy file", async () => {
  const env = { CALL_TIMEOUT: "2s", DIAL_TIMEOUT: "2s", DOOR_PORT: "4000", NAME_SERVICE_PORT: "4001" };
  const config = await resolve({ env, flags: { ports: { door: 5000 }, settings: { DIAL_TIMEOUT: "1s" } } });
  expect(config.timeouts.ofService("a.v1.A", "Get")).toEqual({ timeoutMs: 2_000, from: "CALL_TIMEOUT" });
  expect(config.timeouts.request.timeoutMs).toBe(10_000);
  expect(config.timeouts).toMatchObject({ dialMs: 1_000, drainMs: 5_000 });
  expect(config.ports).toEqual(new Map(Object.entries({ "name-service": 4001, "greeting-service": 0, door: 5000 })));
});

test("in development everything listens on this machine alone and stores in the data folder", async () => {
  const config = await resolve();
  expect(config).toMatchObject({ mode: "development", host: "127.0.0.1", migrations: "at-start" });
  expect(config.databases.get("name-service")).toEqual({ kind: "embedded", schema: "namedb" });
  expect(config.dataDir).toMatch(/fixtures\/greetings\/\.parley\/greetings$/);
});

test("each database is its own on the server, unless it has an address of its own", async () => {
  const server = await resolve({ env: { DATABASE_URL: "postgres://u:p@db:5432/postgres?sslmode=require" } });
  expect(server.databases.get("name-service")).toEqual({
    kind: "server",
    url: "postgres://u:p@db:5432/namedb?sslmode=require",
  });
  const own = await resolve({ env: { DATABASE_URL: "postgres://db", NAMEDB_URL: "postgresql://other/mine" } });
  expect(own.databases.get("name-service")).toEqual({ kind: "server", url: "postgresql://other/mine" });
});

test("production refuses to store in a folder by accident", async () => {
  const message = await messageOf(resolve({ env: { NODE_ENV: "production" } }));
  expect(message).toContain("NAMEDB_URL must be set in production, or DATABASE_URL");
  expect(message).toContain("PARLEY_DATABASE=embedded");
});

test("production stores in a folder when asked by name", async () => {
  const config = await resolve({ env: { NODE_ENV: "production", PARLEY_DATABASE: "embedded" } });
  expect(config).toMatchObject({ mode: "production", host: "0.0.0.0", migrations: "by-hand" });
  expect(config.databases.get("name-service")?.kind).toBe("embedded");
});

test("the gateway's own certificate is apart from that of the services, and half of one is refused", async () => {
  const config = await resolve({ env: { GATEWAY_TLS_CERT: "/door.crt", GATEWAY_TLS_KEY: "/door.key" } });
  expect(config).toMatchObject({ tls: undefined, gatewayTls: { certPath: "/door.crt", keyPath: "/door.key" } });
  expect(await messageOf(resolve({ env: { GATEWAY_TLS_KEY: "/door.key" } }))).toContain(
    "environment tls.gateway has a key but no cert (GATEWAY_TLS_CERT)",
  );
});

test("an empty variable counts as none", async () => {
  const config = await resolve({ env: { DATABASE_URL: "", LOG_LEVEL: "", DOOR_PORT: "" } });
  expect(config.logging.level).toBe("warn");
});

test("mistakes of file, environment and flags are told together", async () => {
  const system = withPolicy("bad-policy.yaml");
  const message = await messageOf(
    resolveConfig(system, {
      env: {
        DOOR_PORT: "http",
        CALL_TIMEOUT: "3",
        LOG_LEVEL: "trace",
        DATABASE_URL: "mysql://root:secret@db",
        TLS_CERT: "/cert.pem",
      },
      flags: { ports: { dor: 1 }, settings: { LOG_FORMAT: "xml" } },
    }),
  );
  expect(message).not.toContain("secret");
  expect(message).toMatchInlineSnapshot(`
    "the configuration has 12 mistakes:
      - bad-policy.yaml:2:3 timeouts.cal is not a setting (did you mean "call"?); known here: call, gateway, stream, database, dial, drain
      - bad-policy.yaml:3:12 timeouts.gateway must be a duration from 1ms to 1d such as 3s or 500ms, got "soon"
      - bad-policy.yaml:5:11 retry.codes[0] must be one of CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED, got "UNAVAILABEL" (did you mean "UNAVAILABLE"?)
      - bad-policy.yaml:7:3 services.names.v1.NamesService is no contract of the system (did you mean "names.v1.NameService"?); known here: names.v1.NameService, greetings.v1.GreetingService
      - bad-policy.yaml:11:7 services.greetings.v1.GreetingService.methods.Great is no method of greetings.v1.GreetingService (did you mean "Greet"?); known here: Greet
      - environment DOOR_PORT must be a whole number from 0 to 65535, got "http"
      - environment LOG_LEVEL must be one of debug, info, warn, error, silent, got "trace"
      - flag --log-format must be one of json, pretty, got "xml"
      - environment CALL_TIMEOUT must be a duration from 1ms to 1d such as 3s or 500ms, got "3"
      - flag --port dor names no part of the system (did you mean "door"?); the parts are name-service, greeting-service, door
      - environment DATABASE_URL must be an address such as postgres://user:password@host:5432/name
      - environment tls has a cert but no key (TLS_KEY)"
  `);
});

test("a policy file that is not there is a mistake", async () => {
  expect(await messageOf(resolveConfig(withPolicy("missing.yaml"), { env: {} }))).toContain(
    "missing.yaml file cannot be read",
  );
});

test("in production a part needs the addresses of its own database alone, a gateway none", async () => {
  const env = { NODE_ENV: "production" };
  const door = await resolve({ env, parts: ["door"] });
  expect(door.databases).toEqual(new Map());
  const caller = await resolve({ env: { ...env, NAME_SERVICE_URL: "names:50051" }, parts: ["greeting-service"] });
  expect(caller.databases).toEqual(new Map());
  expect(caller.targets.get("name-service")).toBe("names:50051");
  const own = { ...env, NAMEDB_URL: "postgres://db/namedb" };
  expect((await resolve({ env: own, parts: ["name-service"] })).databases.size).toBe(1);
  expect(await messageOf(resolve({ env, parts: ["name-service"] }))).toContain("NAMEDB_URL must be set in production");
});

test("what another part's database has for an address is no concern of a part", async () => {
  const env = { NODE_ENV: "production", NAMEDB_URL: "mysql://elsewhere" };
  expect((await resolve({ env, parts: ["greeting-service"] })).databases).toEqual(new Map());
});

test("a command that only looks at the configuration needs no address and no secret", async () => {
  const config = await resolve({ env: { NODE_ENV: "production" }, parts: [] });
  expect(config.serviceTokens).toEqual({ kind: "off" });
  const env = { NODE_ENV: "production", NAMEDB_URL: "postgres://db/namedb" };
  const migrating = await resolve({ env, parts: [], databasesOf: ["name-service"] });
  expect([...migrating.databases.keys()]).toEqual(["name-service"]);
});

test("a service is called at the address in the variable that it names", async () => {
  const [first, ...rest] = greetings.definition.services;
  const services = first ? [{ ...first, addressVariable: "PEOPLE_URL" }, ...rest] : [];
  const system = { ...greetings, definition: { ...greetings.definition, services } };
  const env = { PEOPLE_URL: "people:50051", NAME_SERVICE_URL: "elsewhere:50051" };
  const { targets } = await resolveConfig(system, { env });
  expect(targets.get("name-service")).toBe("people:50051");
});
