import { createManualClock, type Interceptor, type Logger, ParleyError } from "@parley/core";
import type { HttpSample } from "@parley/gateway";
import { openRaw } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import { openLibrary } from "./support/library.ts";

const open: ReturnType<typeof openLibrary>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ gateway }) => gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
});

async function listen(...args: Parameters<typeof openLibrary>) {
  const library = openLibrary(...args);
  open.push(library);
  const { port } = await library.gateway.listen({ port: 0, host: "127.0.0.1" });
  return { ...library, port, url: `http://127.0.0.1:${port}` };
}

const post = (body: string, headers: Record<string, string> = { "content-type": "application/json" }) => ({
  method: "POST" as const,
  url: "/v1/echo",
  headers,
  payload: body,
});

describe("bodies", () => {
  test.each([
    ["application/json", 200],
    ["Application/JSON ; Charset=UTF-8", 200],
    ['application/json;charset="utf-8"', 200],
    ["application/merge-patch+json", 200],
    ["application/json\t; x=y", 200],
    ["application/json; charset=latin1", 415],
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["application/jsonp", 415],
  ])("content type %j is %d", async (type, status) => {
    const { gateway } = openLibrary();
    const response = await gateway.inject(post('{"aString":"x"}', { "content-type": type }));
    expect(response.statusCode).toBe(status);
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(response.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("an odd content type does not get past validation", async () => {
    const { gateway, calls } = openLibrary();
    for (const type of ["application/json", "application/json ", "APPLICATION/JSON;x", "application/vnd.x+json"]) {
      const url = "/v1/shelves/3/books";
      const response = await gateway.inject({ method: "POST", url, headers: { "content-type": type }, payload: "{}" });
      expect([type, response.statusCode]).toEqual([type, 400]);
    }
    expect(calls).toEqual([]);
  });

  test("a body without a content type is 415, and none at all is an empty request", async () => {
    const { gateway } = openLibrary();
    expect((await gateway.inject(post("{}", {}))).statusCode).toBe(415);
    expect((await gateway.inject({ method: "POST", url: "/v1/echo" })).statusCode).toBe(200);
  });

  test("too large is 413, told by the length or only by the bytes", async () => {
    const { port } = await listen({ maxBodyBytes: 100 });
    const head = "POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    const told = await openRaw(port, `${head}content-length: 5000000\r\n\r\n`);
    expect(await told.until(/\}$/)).toMatch(/^HTTP\/1.1 413 .*"error":"the body must not be larger than 100 bytes"/s);
    told.socket.write("x".repeat(5_000_000));
    told.socket.write("GET /v1/books/next HTTP/1.1\r\nhost: x\r\n\r\n");
    await told.until(/HTTP\/1.1 200 .*next/s);
    const chunk = `40\r\n${"x".repeat(64)}\r\n`;
    const untold = await openRaw(port, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`);
    await untold.until(/^HTTP\/1.1 413 /);
    untold.socket.write(`${chunk}0\r\n\r\nGET /v1/books/next HTTP/1.1\r\nhost: x\r\n\r\n`);
    await untold.until(/HTTP\/1.1 200 .*next/s);
  });

  test("invalid UTF-8 is 400, a compressed body 415", async () => {
    const { gateway } = openLibrary();
    const type = { "content-type": "application/json" };
    const payload = Buffer.concat([Buffer.from('{"aString":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const response = await gateway.inject({ method: "POST", url: "/v1/echo", headers: type, payload });
    expect([response.statusCode, response.json()]).toEqual([400, { error: "the body is not valid UTF-8" }]);
    expect((await gateway.inject(post("{}", { ...type, "content-encoding": "gzip" }))).statusCode).toBe(415);
  });
});

describe("errors", () => {
  test("the detailed style names code and fields in the edge's names", async () => {
    const { gateway } = openLibrary({ json: { errors: "detailed", fieldNames: "proto" } });
    const create = { method: "POST" as const, url: "/v1/shelves/1/books" };
    const invalid = await gateway.inject({ ...create, payload: { name: "x", contact_email: "x" } });
    expect(invalid.json().error).toMatchObject({
      code: "VALIDATION_ERROR",
      message: "Invalid request data",
      details: [
        { field: "book.name", message: expect.any(String) },
        { field: "book.name", message: expect.any(String) },
        { field: "book.contact_email", message: "must be a valid email address" },
      ],
    });
    const malformed = await gateway.inject({
      ...create,
      headers: { "content-type": "application/json" },
      payload: "{",
    });
    expect(malformed.json().error).toEqual({
      code: "VALIDATION_ERROR",
      message: expect.stringContaining("malformed JSON at line 1, column 2"),
    });
    expect((await gateway.inject("/v1/books/missing")).json().error).toEqual({
      code: "NOT_FOUND",
      message: "book not found",
    });
    expect((await gateway.inject("/nowhere")).json().error.code).toBe("NOT_FOUND");
  });

  test("a defect gives nothing away and is logged with its cause", async () => {
    const lines: { fields: object; message: string | undefined }[] = [];
    const log = (fields: object, message?: string) => lines.push({ fields, message });
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const cause = new Error("password of the database is hunter2");
    const { gateway } = openLibrary({ logger }, { GetBook: () => Promise.reject(cause) });
    const response = await gateway.inject({ url: "/v1/books/x?", headers: { authorization: "Bearer secret-token" } });
    expect([response.statusCode, response.json()]).toEqual([500, { error: "internal error" }]);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      method: "GET",
      route: "/v1/books/{name}",
      status: 500,
      requestId: response.headers["x-request-id"],
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      err: cause,
    });
    expect(JSON.stringify(lines)).not.toContain("secret-token");
  });

  test.each([
    ["UNAVAILABLE", 503, "service unavailable"],
    ["DEADLINE_EXCEEDED", 504, "the request took too long"],
    ["UNKNOWN", 500, "internal error"],
    ["FAILED_PRECONDITION", 422, "told by the service"],
    ["ABORTED", 409, "told by the service"],
    ["RESOURCE_EXHAUSTED", 429, "told by the service"],
    ["PERMISSION_DENIED", 403, "told by the service"],
  ] as const)("%s is %d", async (code, status, error) => {
    const details = [{ type: "retry_info", retryAfterMs: 1_500 }] as const;
    const failure = new ParleyError(code, "told by the service", { details });
    const { gateway } = openLibrary({}, { GetBook: () => Promise.reject(failure) });
    const response = await gateway.inject("/v1/books/x");
    expect([response.statusCode, response.json()]).toEqual([status, { error }]);
    expect(response.headers["retry-after"]).toBe("2");
  });

  test("an int64 that would lose precision is refused, and the operator is told by name", async () => {
    const failures: unknown[] = [];
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: ({ err }: { err?: unknown }) => failures.push(err),
    };
    const { gateway } = openLibrary({ json: { int64: "number" }, logger });
    const response = await gateway.inject(post('{"anInt64":"9007199254740993"}'));
    expect(response.statusCode).toBe(500);
    expect(response.json().error).toBe("internal error");
    expect(String(failures[0])).toContain("anInt64 is beyond what a JSON number holds exactly");
  });

  test("an interceptor that waits for ever is ended at the deadline too, and its signal has aborted", async () => {
    const clock = createManualClock();
    const called = Promise.withResolvers<AbortSignal>();
    const waits: Interceptor = () => (call) => {
      called.resolve(call.context.signal);
      return new Promise<never>(() => {});
    };
    const { gateway } = openLibrary({ clock, timeoutMs: 2_000, interceptors: [waits] });
    const response = gateway.inject("/v1/books/x");
    const signal = await called.promise;
    clock.advance(2_000);
    expect((await response).statusCode).toBe(504);
    expect(signal.aborted).toBe(true);
    expect(clock.pending()).toBe(0);
  });
});

describe("what passes the door", () => {
  test("ids, trace and baggage are taken if well-formed; a caller or tenant cannot be claimed", async () => {
    const { gateway, calls } = openLibrary();
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = {
      "x-request-id": "abc-123",
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      baggage: "shelf=7",
      "x-service-name": "order-service",
      "x-tenant-id": "acme",
      "accept-language": "de",
      "x-internal": "1",
    };
    const response = await gateway.inject({ url: "/v1/books/x", headers });
    expect(response.headers["x-request-id"]).toBe("abc-123");
    const { context, metadata } = calls[0] as (typeof calls)[0];
    expect(context).toMatchObject({ requestId: "abc-123", baggage: { shelf: "7" }, caller: "api-gateway" });
    expect(context.tenant).toBeUndefined();
    expect(context.trace.traceId).toBe(traceId);
    expect(context.trace.spanId).not.toBe("00f067aa0ba902b7");
    expect([...metadata]).toEqual([["accept-language", "de"]]);
    expect(response.headers["x-shelf"]).toBeUndefined();
  });

  test.each(["a\u0000b", "x".repeat(129), "<script>", ""])("a request id %j is replaced", async (id) => {
    const { gateway } = openLibrary();
    const response = await gateway.inject({ url: "/v1/books/x", headers: { "x-request-id": id } });
    expect(response.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("named response metadata comes back as headers", async () => {
    const { gateway } = openLibrary({ forwardHeaders: { response: ["x-shelf"] } });
    expect((await gateway.inject("/v1/books/x")).headers["x-shelf"]).toBe("fiction");
  });

  test("every answer carries the security headers", async () => {
    const { gateway } = openLibrary();
    for (const url of ["/v1/books/x", "/nowhere", "/health"]) {
      expect((await gateway.inject(url)).headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      });
    }
  });

  test("X-Forwarded-For counts only behind a trusted proxy, read from the right", async () => {
    const peers: unknown[] = [];
    const log = (fields: object) => void peers.push((fields as { peer: string }).peer);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const forged = { url: "/v1/books/x", headers: { "x-forwarded-for": "1.1.1.1, 203.0.113.9, 10.0.0.2" } };
    await openLibrary({ logger }).gateway.inject({ ...forged, remoteAddress: "198.51.100.1" });
    const behind = openLibrary({ logger, trustedProxies: ["10.0.0.0/8"] }).gateway;
    await behind.inject({ ...forged, remoteAddress: "10.0.0.1" });
    await behind.inject({ ...forged, remoteAddress: "198.51.100.1" });
    expect(peers).toEqual(["198.51.100.1", "203.0.113.9", "198.51.100.1"]);
  });

  test("CORS: a listed origin may call with a token, another may not", async () => {
    const { gateway } = openLibrary({
      cors: { origins: ["https://app.example.com"] },
      auth: { secret: "s".repeat(32) },
    });
    const preflight = await gateway.inject({
      method: "OPTIONS",
      url: "/v1/books/x",
      headers: {
        origin: "https://app.example.com",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "https://app.example.com",
      "access-control-allow-headers": "authorization",
    });
    const refused = await gateway.inject({ url: "/v1/books/x", headers: { origin: "https://app.example.com" } });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers["access-control-allow-origin"]).toBe("https://app.example.com");
    const other = await gateway.inject({ url: "/v1/books/x", headers: { origin: "https://evil.example.com" } });
    expect(other.headers["access-control-allow-origin"]).not.toBe("https://evil.example.com");
    expect(() => openLibrary({ cors: { origins: "*", credentials: "include" } })).toThrow("cors");
  });

  test("CORS: a preflight names the contract's own methods beside HTTP's", async () => {
    const { gateway } = openLibrary({ cors: { origins: "*" } });
    const headers = { origin: "https://a.example", "access-control-request-method": "PURGE" };
    const preflight = await gateway.inject({ method: "OPTIONS", url: "/v1/cache", headers });
    expect(preflight.headers["access-control-allow-methods"]).toBe("GET, HEAD, POST, PUT, PATCH, DELETE, PURGE");
  });

  test("requests are measured by route, and /metrics shows what the registry says", async () => {
    const samples: HttpSample[] = [];
    const metrics = { text: async () => "up 1\n", contentType: "text/plain", http: (s: HttpSample) => samples.push(s) };
    const { gateway } = openLibrary({ metrics });
    await gateway.inject("/v1/books/emma");
    await gateway.inject("/nowhere/at/all");
    expect((await gateway.inject("/metrics")).body).toBe("up 1\n");
    expect(samples.map(({ route, status }) => [route, status])).toEqual([
      ["/v1/books/{name}", 200],
      ["unmatched", 404],
      ["/metrics", 200],
    ]);
  });
});

describe("health", () => {
  test("tells of each backend, within a second, and asks once for many", async () => {
    const clock = createManualClock();
    let state: "serving" | "hangs" | "fails" = "serving";
    let probes = 0;
    const probe = async (): Promise<"serving"> => {
      probes++;
      if (state === "hangs") return new Promise<never>(() => {});
      if (state === "fails") throw new ParleyError("UNAVAILABLE", "down");
      return "serving";
    };
    const { gateway } = openLibrary({ clock });
    const { libraryBackend } = await import("./support/library.ts");
    const { createGateway } = await import("@parley/gateway");
    const backends = [
      { ...libraryBackend(), probe },
      { ...libraryBackend(), name: "empty-service", service: [] },
    ];
    const both = createGateway({ backends, clock });
    const health = async () => {
      const response = await both.inject("/health");
      return [response.statusCode, response.json()];
    };
    expect((await gateway.inject("/health")).json()).toEqual({
      status: "ok",
      services: { libraryService: "connected" },
    });
    const up = [200, { status: "ok", services: { libraryService: "connected", emptyService: "connected" } }];
    const down = [503, { status: "degraded", services: { libraryService: "disconnected", emptyService: "connected" } }];
    expect(await Promise.all([health(), health(), health()])).toEqual([up, up, up]);
    expect(probes).toBe(1);
    state = "fails";
    clock.advance(1_000);
    expect(await health()).toEqual(down);
    state = "hangs";
    clock.advance(1_000);
    const hanging = health();
    while (probes < 3) await new Promise(setImmediate);
    clock.advance(1_000);
    expect(await hanging).toEqual(down);
    expect((await both.inject("/livez")).statusCode).toBe(200);
  });

  test("a gateway is ready without an optional backend, and not without another; it lives without both", async () => {
    const { libraryBackend } = await import("./support/library.ts");
    const { createGateway } = await import("@parley/gateway");
    const states = { needed: "serving", spared: "serving" } as Record<string, "serving" | "not_serving">;
    const backendOf = (name: string, readiness: "required" | "optional", service = libraryBackend().service) => ({
      ...libraryBackend(),
      name,
      service,
      readiness,
      probe: async () => states[name] ?? "unknown",
    });
    const clock = createManualClock();
    const backends = [backendOf("needed", "required"), backendOf("spared", "optional", [] as never)];
    const gateway = createGateway({ backends, clock });
    const ask = async (path: string) => {
      const response = await gateway.inject(path);
      return [response.statusCode, response.json().status];
    };
    expect(await ask("/readyz")).toEqual([200, "ready"]);
    states.spared = "not_serving";
    clock.advance(1_000);
    expect(await ask("/readyz")).toEqual([200, "ready"]);
    expect(await ask("/health")).toEqual([503, "degraded"]);
    states.needed = "not_serving";
    clock.advance(1_000);
    expect((await gateway.inject("/readyz")).json()).toEqual({ status: "not_ready", missing: ["needed"] });
    expect(await ask("/livez")).toEqual([200, "ok"]);
  });
});

describe("slow and broken clients", () => {
  test("headers that do not come are 408", async () => {
    const { port } = await listen({ headersTimeoutMs: 100 });
    const raw = await openRaw(port, "GET /v1/books/x HTTP/1.1\r\nhost: x\r\n");
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 408 .*"error":"the request did not come in time"/s);
  });

  test("a body that does not come is 408, and the call is not made", async () => {
    const { port, calls } = await listen({ bodyTimeoutMs: 50 });
    const raw = await openRaw(port, "POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{");
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 408 .*did not come within 50 ms/s);
    expect(calls).toEqual([]);
  });

  test("a whole URL as the target is its path", async () => {
    const { port } = await listen();
    const raw = await openRaw(port, "GET http://x/v1/books/emma?mask HTTP/1.1\r\nhost: x\r\n\r\n");
    await raw.until(/^HTTP\/1.1 400 .*mask is not a known query parameter/s);
    raw.socket.write("GET http://x HTTP/1.1\r\nhost: x\r\n\r\n");
    await raw.until(/no route for GET \/"/);
  });

  test("what is no HTTP is 400, too many header bytes 431", async () => {
    const { port } = await listen();
    expect(await (await openRaw(port, "hello\r\n\r\n")).closed()).toMatch(/^HTTP\/1.1 400 .*not valid HTTP/s);
    const raw = await openRaw(port, `GET / HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 431 /);
  });

  test("a client that leaves cancels the call", async () => {
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>();
    const { promise: called, resolve: call } = Promise.withResolvers<void>();
    const { port } = await listen(
      {},
      {
        GetBook: ({ context }) => {
          call();
          return new Promise((_, reject) => {
            context.signal.addEventListener("abort", () => {
              cancel(context.signal.reason);
              reject(context.signal.reason);
            });
          });
        },
      },
    );
    const raw = await openRaw(port, "GET /v1/books/x HTTP/1.1\r\nhost: x\r\n\r\n");
    await called;
    raw.socket.destroy();
    expect(await cancelled).toMatchObject({ code: "CANCELLED" });
  });
});

describe("the start", () => {
  test("everything wrong with the options is told at once", () => {
    expect(() => openLibrary({ timeoutMs: 0, basePath: "api/", publicPaths: ["x"] })).toThrow(
      'gateway api-gateway: timeoutMs must be a positive number, got 0; basePath must be a path like "/api/v1", got "api/"; ' +
        'publicPaths must be paths that begin with "/", got "x"',
    );
  });

  test.each<[string, object, string]>([
    ["cors without origins", { cors: {} }, "cors.origins must be a list of origins such as"],
    ["cors switched on", { cors: true }, "cors must be an object with origins, credentials,"],
    ["an origin with a path", { cors: { origins: ["https://a.example/"] } }, 'got "https://a.example/"'],
    ["an origin that is no text", { cors: { origins: [null] } }, "cors.origins must be origins such as"],
    ["credentials as a boolean", { cors: { origins: [], credentials: true } }, 'must be "include" or "omit", got true'],
    [
      "credentials for anyone",
      { cors: { origins: "*", credentials: "include" } },
      'because browsers refuse it with "*"',
    ],
    [
      "a misspelt option",
      { json: { fieldNaming: "proto" } },
      "json.fieldNaming is not an option; there are fieldNames,",
    ],
    ["an unknown style", { json: { fieldNames: "snake" } }, 'json.fieldNames must be "camel" or "proto", got "snake"'],
    ["live events without a transport", { realtime: { events: [] } }, "realtime.transport must be an event transport"],
    [
      "live events that are none",
      { realtime: { events: [{ event: {} }] } },
      "must be a list of liveEvent(Event, rule)",
    ],
    ["no client at all", { realtime: { maxClients: 0 } }, "realtime.maxClients must be a positive number, got 0"],
    ["a proxy list that is none", { trustedProxies: ["all"] }, "trustedProxies must be addresses or ranges such as"],
    ["a proxy range too long", { trustedProxies: ["10.0.0.0/33"] }, 'got "10.0.0.0/33"'],
    ["a proxy as a text", { trustedProxies: "10.0.0.0/8" }, "trustedProxies must be a list of addresses or ranges"],
    ["auth without keys", { auth: {} }, "auth needs one of secret, publicKey, jwksUrl, keySet, got none"],
    [
      "auth with two",
      { auth: { secret: "x", jwksUrl: "y" } },
      "auth needs one of secret, publicKey, jwksUrl, keySet, got secret and",
    ],
    ["a public key as a secret", { auth: { publicKey: "x", algorithm: "HS256" } }, 'auth.algorithm must be "RS256" or'],
    ["a public key alone", { auth: { publicKey: "x" } }, "auth.algorithm must be the key's own, one of RS256,"],
    ["HMAC with a key set", { auth: { jwksUrl: "x", algorithms: ["HS256"] } }, "auth.algorithms must be of RS256,"],
    ["auth as a text", { auth: "secret" }, 'auth must be an object, got "secret"'],
    [
      "another status",
      { auth: { secret: "x", invalidTokenStatus: 400 } },
      "auth.invalidTokenStatus must be 401 or 403, got 400",
    ],
    ["tls without a key", { tls: { certPath: "x" } }, "tls.keyPath must be a text that is not empty, got undefined"],
    [
      "a header in capitals",
      { forwardHeaders: { request: ["X-A"] } },
      "forwardHeaders.request must be lower-case header names",
    ],
    ["no backends", { backends: undefined }, "backends must be a list, got undefined"],
  ])("a wrong option is named with its value: %s", (_, options, message) => {
    expect(() => openLibrary(options)).toThrow(message);
    expect(() => openLibrary(options)).toThrow(TypeError);
  });

  test("two rules for the same requests are refused, and both are named", async () => {
    const { libraryBackend } = await import("./support/library.ts");
    const backends = [libraryBackend(), { ...libraryBackend(), name: "other" }];
    expect(() => openLibrary({ backends })).toThrow(
      "GET /v1/{name=shelves/*/books/*} of /everything.v1.LibraryService/GetBook answers the same requests as " +
        "GET /v1/{name=shelves/*/books/*} of /everything.v1.LibraryService/GetBook",
    );
  });

  test("a port in use rejects with the system's own error", async () => {
    const { port } = await listen();
    const second = openLibrary();
    open.push(second);
    await expect(second.gateway.listen({ port, host: "127.0.0.1" })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
