import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runWithContext } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { createLogger } from "@parley/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { lineSink } from "./support/calls.ts";

test("a line is one JSON object with name, level, time, fields and message", () => {
  const sink = lineSink();
  createLogger({ name: "user-service", destination: sink }).warn({ port: 50051 }, "port in use");
  expect(sink.records()).toEqual([
    { level: "warn", time: expect.any(Number), name: "user-service", port: 50051, msg: "port in use" },
  ]);
});

test("no key stands in a line twice: a field whose key the line has already gets an underscore", () => {
  const sink = lineSink();
  const logger = createLogger({ name: "user-service", destination: sink });
  logger.info({ name: "Ada", level: 3, time: "noon", msg: "hers" }, "a user");
  logger.child({ service: "users.v1", name: "child" }).info({ service: "other", note: "ü", err: new Error("x") }, "m");
  const keysOf = (line: string) => [...line.matchAll(/[{,]"([^"]+)":/g)].map(([, key]) => key);
  expect(sink.records()[0]).toEqual({
    ...{ level: "info", time: expect.any(Number), name: "user-service", msg: "a user" },
    ...{ _name: "Ada", _level: 3, _time: "noon", _msg: "hers" },
  });
  expect(sink.records()[1]).toMatchObject({
    name: "user-service",
    _name: "child",
    service: "users.v1",
    _service: "other",
  });
  const top = keysOf(sink.lines[1]?.replace(/"err":\{.*?\},/, "") ?? "");
  expect(top.length).toBe(new Set(top).size);
});

test("lines written within a call carry its ids; outside of any they carry none", () => {
  const sink = lineSink();
  const logger = createLogger({ name: "s", destination: sink });
  const context = deriveContext();
  runWithContext(context, () => logger.child({ part: "db" }).info({}, "in"));
  logger.info({}, "out");
  const [inside, outside] = sink.records();
  expect(inside).toMatchObject({ part: "db", requestId: context.requestId, traceId: context.trace.traceId });
  expect(outside).not.toHaveProperty("requestId");
});

test("levels below the set one write nothing, and two loggers do not share a level", () => {
  const [quiet, loud] = [lineSink(), lineSink()];
  const quietLogger = createLogger({ name: "a", level: "error", destination: quiet });
  const loudLogger = createLogger({ name: "b", level: "debug", destination: loud });
  for (const logger of [quietLogger, loudLogger]) logger.debug({}, "x");
  expect([quiet.lines.length, loud.lines.length]).toEqual([0, 1]);
  expect([quietLogger.isLevelEnabled("warn"), loudLogger.isLevelEnabled("debug")]).toEqual([false, true]);
});

test.each([
  [{ authorization: "Bearer abc" }],
  [{ headers: { Authorization: "Bearer abc", "set-cookie": ["abc=1", "abc=2"] } }],
  [{ a: { b: { c: { accessToken: "abc" } } } }],
  [{ password: 'quote " and \\ abc' }],
  [{ apiKey: 12345, note: "abd" }],
  [{ secret: { nested: "abc" } }],
  [{ list: [{ refresh_token: "abc" }] }],
  [{ passwd: "abc" }],
  [{ "PRIVATE-KEY": "abc" }],
  [{ credential: "abc" }],
  [{ awsCredentials: "abc" }],
  [{ cookies: "abc" }],
])("the values of secret fields are taken out: %j", (fields) => {
  const sink = lineSink();
  createLogger({ name: "s", destination: sink }).info({ ...fields, kept: "yes" }, "m");
  expect(sink.lines[0]).not.toMatch(/abc|12345/);
  expect(sink.records()[0]).toMatchObject({ kept: "yes", msg: "m" });
  expect(sink.lines[0]).toContain("[redacted]");
});

test("a field is not secret because its value names something secret", () => {
  const sink = lineSink();
  createLogger({ name: "s", destination: sink }).info({ method: "RefreshToken", tokens: undefined }, 'bad "token":"x"');
  expect(sink.records()[0]).toMatchObject({ method: "RefreshToken", msg: 'bad "token":"x"' });
});

test("an error is written with its causes and without what libraries hang on it", () => {
  const sink = lineSink();
  const cause = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED", config: { body: "secret body" } });
  const circular = new Error("outer", { cause });
  cause.cause = circular;
  createLogger({ name: "s", destination: sink }).error({ err: circular }, "failed");
  expect(sink.records()[0]).toMatchObject({
    err: { type: "Error", message: "outer", cause: { message: "connect failed", code: "ECONNREFUSED" } },
  });
  expect(sink.lines[0]).not.toContain("secret body");
});

test("the pretty format shows a request at the gateway with path, status, duration and request id", () => {
  const sink = lineSink();
  const logger = createLogger({ name: "gateway", format: "pretty", destination: sink });
  const request = { method: "GET", path: "/users/7", route: "/users/{id}", status: 200, durationMs: 1.2 };
  logger.info({ ...request, requestId: "r1", traceId: "t1", peer: "127.0.0.1" }, "request");
  expect(sink.lines.join("")).toMatch(/INFO: gateway GET \/users\/7 200 1\.2 ms \(127\.0\.0\.1, r1\)\n$/);
});

test("the pretty format shows a call on one line, without colours where there is no terminal", () => {
  const sink = lineSink();
  const logger = createLogger({ name: "order-service", format: "pretty", destination: sink });
  logger.info(
    {
      side: "server",
      service: "o.v1.O",
      method: "Get",
      code: "OK",
      durationMs: 1.2,
      requestId: "r1",
      peer: "p",
      caller: "gw",
    },
    "call",
  );
  expect(sink.lines.join("")).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: order-service <- o\.v1\.O\/Get OK 1\.2 ms \(gw, r1\)\n$/,
  );
});

test("the parts of a process share a destination, each under its own name", () => {
  const sink = lineSink();
  const logger = createLogger({ name: "orders", level: "warn", destination: sink });
  logger.named("user-service").warn({}, "a");
  logger.named("user-service").info({}, "below the level");
  logger.warn({}, "b");
  expect(sink.records()).toMatchObject([{ name: "user-service" }, { name: "orders" }]);
});

test("a file is made with its folder and holds every line after a flush", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parley-log-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "logs", "service.log");
  const logger = createLogger({ name: "s", destination: path });
  for (let i = 0; i < 1_000; i++) logger.info({ i }, "line");
  await logger.flush();
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(1_000);
});

test("in a file each line is what it is alone: its secrets are taken out, and nothing of the lines beside it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parley-log-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "service.log");
  const [file, sink] = [createLogger({ name: "s", destination: path }), lineSink()];
  const alone = createLogger({ name: "s", destination: sink });
  const fields = [{ token: "abc" }, { a: 1 }, { credentials: { x: 'abc"' } }, { note: '\n"token":abd' }, { cookie: 5 }];
  for (const logger of [file, alone]) for (const each of fields) logger.info(each, '"secret":');
  await file.flush();
  const withoutTime = (text: string): string => text.replaceAll(/"time":\d+/g, "");
  const written = await readFile(path, "utf8");
  expect(withoutTime(written)).toBe(withoutTime(sink.lines.join("")));
  expect(written).not.toContain("abc");
});

test("what is buffered is written when the process ends, also by an exception that nobody catches", () => {
  const program = `
    import { createLogger } from "@parley/telemetry";
    createLogger({ name: "s" }).info({}, "last words");
    throw new Error("nobody catches this");`;
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--conditions=@parley/source", "--input-type=module", "-e", program],
    {
      cwd: import.meta.dirname,
      encoding: "utf8",
    },
  );
  expect({ status, line: JSON.parse(stdout) }).toMatchObject({ status: 1, line: { msg: "last words" } });
});

test.each([
  [{ name: "" }, "name must not be empty"],
  [{ name: "s", level: "loud" as "info" }, 'must be one of debug, info, warn, error, silent, got "loud"'],
  [{ name: "s", format: "xml" as "json" }, 'must be "json" or "pretty", got "xml"'],
])("a wrong option is refused by name: %j", (options, reason) => {
  expect(() => createLogger(options)).toThrow(reason);
});
