import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { notFound, ParleyError } from "@parley/core";
import { createGateway, type GatewayOptions, type HttpMiddleware, type HttpSample, route } from "@parley/gateway";
import { openRaw } from "@parley/wire/testing";
import { SignJWT } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { GetBookResponseSchema, LibraryService } from "./gen/everything_pb.ts";
import { libraryBackend } from "./support/library.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const open: ReturnType<typeof createGateway>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
});

async function listen(options: Partial<GatewayOptions>) {
  const gateway = createGateway({ backends: [libraryBackend()], ...options });
  open.push(gateway);
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  return { port, url: `http://127.0.0.1:${port}` };
}

async function tokenWith(claims: Record<string, unknown> = {}) {
  const key = new TextEncoder().encode(SECRET);
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ada")
    .setExpirationTime("1h")
    .sign(key);
  return { authorization: `Bearer ${token}` };
}

const upload = route({
  method: "POST",
  template: "/uploads/{name}",
  access: "public",
  maxBodyBytes: 4 * 1_048_576,
  async handle(request) {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of request.stream()) {
      hash.update(piece);
      bytes += piece.length;
    }
    return {
      status: 201,
      json: { name: request.params.name, bytes, sha256: hash.digest("hex"), as: request.query.get("as") },
    };
  },
});

describe("plain routes", () => {
  test("an upload is read as a stream, with its path parameter and its query", async () => {
    const { url } = await listen({ routes: [upload] });
    const body = Buffer.alloc(3 * 1_048_576, "parley");
    const response = await fetch(`${url}/uploads/a%20book?as=text`, { method: "POST", body });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      name: "a book",
      bytes: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
      as: "text",
    });
  });

  test.each([
    ["announced", false],
    ["in pieces", true],
  ])("an upload over the route's limit is 413, %s", async (_, pieces) => {
    const { url } = await listen({ routes: [route({ ...upload, maxBodyBytes: 1_000 })] });
    const large = Buffer.alloc(5_000);
    const body = pieces ? ReadableStream.from([large]) : large;
    const response = await fetch(`${url}/uploads/x`, { method: "POST", body, duplex: "half" } as RequestInit);
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ error: "the body must not be larger than 1000 bytes" });
  });

  test("an upload whose client leaves ends its handler", async () => {
    const ended = Promise.withResolvers<unknown>();
    const handle = async (request: Parameters<typeof upload.handle>[0]) => {
      try {
        for await (const _ of request.stream());
      } catch (error) {
        ended.resolve(error);
      }
      return undefined;
    };
    const { port } = await listen({ routes: [route({ ...upload, handle })] });
    const socket = connect(port, "127.0.0.1");
    socket.write("POST /uploads/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nsome");
    await once(socket, "connect");
    await turn();
    socket.destroy();
    expect(await ended.promise).toMatchObject({ message: "the body was cut off" });
  });

  test("a webhook receiver checks the signature of the raw body", async () => {
    const webhook = route({
      method: "POST",
      template: "/webhooks/payments",
      access: "public",
      async handle(request) {
        const signature = createHmac("sha256", "shared")
          .update(await request.bytes())
          .digest("hex");
        if (request.headers["x-signature"] !== signature)
          throw new ParleyError("UNAUTHENTICATED", "the signature is wrong");
        const event = (await request.json()) as { id: string };
        return { json: { received: event.id } };
      },
    });
    const { url } = await listen({ routes: [webhook] });
    const send = (body: string, signature: string) =>
      fetch(`${url}/webhooks/payments`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", "x-signature": signature },
      });
    const body = '{ "id" : "evt_1" }';
    const signature = createHmac("sha256", "shared").update(body).digest("hex");
    expect(await (await send(body, signature)).json()).toEqual({ received: "evt_1" });
    const refused = await send(body.replace("1", "2"), signature);
    expect([refused.status, await refused.json()]).toEqual([401, { error: "the signature is wrong" }]);
    const text = "no JSON";
    const broken = await send(text, createHmac("sha256", "shared").update(text).digest("hex"));
    expect([broken.status, await broken.json()]).toEqual([400, { error: "the body is not JSON" }]);
  });

  test("an HTML page, with its own headers and cookies in place of the defaults", async () => {
    const page = route({
      method: "GET",
      template: "/hello",
      access: "public",
      handle: () => ({
        headers: {
          "Content-Type": "text/html; charset=utf-8",
          "Content-Security-Policy": "default-src 'self'",
          "Set-Cookie": ["a=1", "b=2"],
        },
        body: "<h1>Grüße</h1>",
      }),
    });
    const { url } = await listen({ routes: [page] });
    const response = await fetch(`${url}/hello`);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toBe("default-src 'self'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.text()).toBe("<h1>Grüße</h1>");
    const head = await fetch(`${url}/hello`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("a download asks for its next piece only when the client has read, and ends with the client", async () => {
    let made = 0;
    const closed = Promise.withResolvers<void>();
    async function* pieces() {
      try {
        for (;;) {
          made += 1;
          yield Buffer.alloc(65_536);
        }
      } finally {
        closed.resolve();
      }
    }
    const download = route({
      method: "GET",
      template: "/files/{path=**}",
      access: "public",
      handle: () => ({ body: pieces() }),
    });
    const { port } = await listen({ routes: [download] });
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /files/a/b HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.pause();
    await once(socket, "connect");
    let before = -1;
    while (made !== before || made === 0) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 50)); // until the buffers of the kernel are full
    }
    expect(made).toBeLessThan(1_000);
    socket.destroy();
    await closed.promise;
  });

  test("a whole download arrives as it was sent; HEAD asks for none of it", async () => {
    let begun = 0;
    async function* pieces() {
      begun += 1;
      for (let at = 0; at < 50; at++) yield at % 2 ? `${at};` : Buffer.from(`${at};`);
    }
    const { url } = await listen({
      routes: [route({ method: "GET", template: "/d", access: "public", handle: () => ({ body: pieces() }) })],
    });
    const response = await fetch(`${url}/d`);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(await response.text()).toBe(Array.from({ length: 50 }, (_, at) => `${at};`).join(""));
    expect((await fetch(`${url}/d`, { method: "HEAD" })).status).toBe(200);
    expect(begun).toBe(1);
  });

  test("a download that fails is cut off, not ended as if it were whole", async () => {
    async function* pieces() {
      yield "a part";
      throw new Error("the disk is gone");
    }
    const { url } = await listen({
      routes: [route({ method: "GET", template: "/d", access: "public", handle: () => ({ body: pieces() }) })],
    });
    const response = await fetch(`${url}/d`);
    await expect(response.text()).rejects.toThrow();
  });

  test("nothing is 204; what is thrown is a problem, with its status and nothing of an unknown error", async () => {
    const routes = [
      route({ method: "DELETE", template: "/x", access: "public", handle: () => undefined }),
      route({
        method: "GET",
        template: "/x",
        access: "public",
        handle: () => {
          throw notFound("x");
        },
      }),
      route({
        method: "PUT",
        template: "/x",
        access: "public",
        handle: () => {
          throw new Error("a secret");
        },
      }),
      route({
        method: "PATCH",
        template: "/x",
        access: "public",
        handle: () => ({ headers: { "content-length": "7" }, body: "x" }),
      }),
      route({
        method: "POST",
        template: "/x",
        access: "public",
        handle: () => ({ headers: { "x-bad": "a\r\nb: c" }, body: "x" }),
      }),
    ];
    const { url } = await listen({ routes });
    const ask = async (method: string) => {
      const response = await fetch(`${url}/x`, { method });
      return [response.status, await response.text()];
    };
    expect(await ask("DELETE")).toEqual([204, ""]);
    expect(await ask("GET")).toEqual([404, '{"error":"x not found"}']);
    for (const method of ["PUT", "PATCH", "POST"])
      expect(await ask(method)).toEqual([500, '{"error":"internal error"}']);
  });

  test("a handler that takes too long is ended at the route's deadline, and its signal aborts", async () => {
    const aborted = Promise.withResolvers<unknown>();
    const slow = route({
      method: "GET",
      template: "/slow",
      access: "public",
      timeoutMs: 30,
      handle: (_, { signal }) =>
        new Promise(() => signal.addEventListener("abort", () => aborted.resolve(signal.reason))),
    });
    const { url } = await listen({ routes: [slow] });
    const response = await fetch(`${url}/slow`);
    expect([response.status, await response.json()]).toEqual([504, { error: "the request took too long" }]);
    expect(await aborted.promise).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  test("a route is closed unless it is public, and to all but its roles", async () => {
    const me = route({ method: "GET", template: "/me", handle: (_, { principal }) => ({ json: principal?.subject }) });
    const admin = route({
      method: "GET",
      template: "/admin",
      access: { roles: ["admin"] },
      handle: () => ({ body: "in" }),
    });
    const { url } = await listen({ routes: [me, admin, upload], auth: { secret: SECRET } });
    const status = async (path: string, headers = {}) => (await fetch(url + path, { headers })).status;
    expect(await status("/me")).toBe(401);
    expect(await (await fetch(`${url}/me`, { headers: await tokenWith() })).json()).toBe("ada");
    expect(await status("/admin", await tokenWith())).toBe(403);
    expect(await status("/admin", await tokenWith({ roles: ["admin"] }))).toBe(200);
    expect((await fetch(`${url}/uploads/x`, { method: "POST", body: "x" })).status).toBe(201);
  });

  test("a handler calls the services behind the gateway in the request's context", async () => {
    const backend = libraryBackend();
    const title = route({
      method: "GET",
      template: "/title",
      access: "public",
      async handle(_, { client }) {
        const { book } = await client(LibraryService).getBook({ name: "Emma" });
        return { body: book?.name ?? "" };
      },
    });
    const { url } = await listen({ backends: [backend], routes: [title] });
    const response = await fetch(`${url}/title`, { headers: { "x-request-id": "from-outside" } });
    expect(await response.text()).toBe("Emma");
    expect(backend.calls[0]?.context.requestId).toBe("from-outside");
  });

  test("requests are measured by the route's template", async () => {
    const samples: HttpSample[] = [];
    const metrics = {
      text: async () => "",
      contentType: "text/plain",
      http: (sample: HttpSample) => samples.push(sample),
    };
    const { url } = await listen({ routes: [upload], metrics });
    await (await fetch(`${url}/uploads/one`, { method: "POST", body: "x" })).text();
    await expect.poll(() => samples).toMatchObject([{ method: "POST", route: "/uploads/{name}", status: 201 }]);
  });

  test("a route that collides with one of a contract is refused, and both are named", () => {
    const taken = route({ method: "GET", template: "/v1/books/{title}", handle: () => undefined });
    expect(() => createGateway({ backends: [libraryBackend()], routes: [taken] })).toThrow(
      /GET \/v1\/books\/\{title\} of the gateway's routes .* answers the same requests as .*LibraryService\/GetBook/,
    );
  });

  test.each([
    [{ method: "get" }, 'route get /x: method must be an HTTP method in upper case, or "*"'],
    [{ template: "x" }, 'route GET x: template must begin with "/"'],
    [{ access: "anyone" }, 'route GET /x: access must be "token", "public" or { roles: ["…"] }'],
    [{ access: { roles: [] } }, 'route GET /x: access must be "token", "public" or { roles: ["…"] }'],
    [{ timeoutMs: 0 }, "route GET /x: timeoutMs must be a positive number, got 0"],
  ])("%j is refused", (wrong, message) => {
    const options = { method: "GET", template: "/x", handle: () => undefined, ...wrong };
    expect(() => route(options as never)).toThrow(new TypeError(message));
  });

  test("described routes stand in the OpenAPI document, others do not", async () => {
    const described = route({
      ...upload,
      describe: {
        summary: "Stores a file.",
        request: { contentType: "application/octet-stream" },
        response: { status: 201, schema: GetBookResponseSchema },
      },
    });
    const hidden = route({ method: "GET", template: "/hidden", handle: () => undefined });
    const { url } = await listen({ routes: [described, hidden] });
    const document = (await (await fetch(`${url}/docs/openapi.json`)).json()) as { paths: Record<string, object> };
    expect(document.paths["/hidden"]).toBeUndefined();
    expect(document.paths["/uploads/{name}"]).toMatchObject({
      post: {
        summary: "Stores a file.",
        parameters: [{ name: "name", in: "path", required: true }],
        requestBody: { content: { "application/octet-stream": {} } },
        responses: {
          201: { content: { "application/json": { schema: { $ref: expect.stringContaining("GetBookResponse") } } } },
        },
      },
    });
  });
});

describe("middleware", () => {
  test("adds a header, refuses, measures and caches, around contracts and plain routes alike", async () => {
    const seen: string[] = [];
    const cached = new Map<string, Awaited<ReturnType<Parameters<HttpMiddleware>[0]>>>();
    const stamp: HttpMiddleware = (next) => async (request, context) => {
      const response = await next(request, context);
      return { ...response, headers: { ...response.headers, "x-stamp": "1" } };
    };
    const measure: HttpMiddleware = (next) => async (request, context) => {
      try {
        return await next(request, context);
      } finally {
        seen.push(`${request.method} ${request.route.template.text}`);
      }
    };
    const refuse: HttpMiddleware = (next) => (request, context) => {
      if (request.headers["x-banned"]) throw new ParleyError("PERMISSION_DENIED", "not you");
      return next(request, context);
    };
    const cache: HttpMiddleware = (next) => async (request, context) => {
      if (request.method !== "GET") return next(request, context);
      const key = request.raw.url;
      const response = cached.get(key) ?? (await next(request, context));
      cached.set(key, response);
      return response;
    };
    const backend = libraryBackend();
    const { url } = await listen({
      backends: [backend],
      routes: [upload],
      middleware: [stamp, measure, refuse, cache],
    });
    for (let time = 0; time < 2; time++) {
      const response = await fetch(`${url}/v1/books/Emma`);
      expect([response.status, response.headers.get("x-stamp")]).toEqual([200, "1"]);
    }
    expect(backend.calls).toHaveLength(1);
    const refused = await fetch(`${url}/uploads/x`, { method: "POST", body: "x", headers: { "x-banned": "1" } });
    expect([refused.status, await refused.json()]).toEqual([403, { error: "not you" }]);
    expect(seen).toEqual(["GET /v1/books/{name}", "GET /v1/books/{name}", "POST /uploads/{name}"]);
    expect((await fetch(`${url}/livez`)).headers.get("x-stamp")).toBeNull();
  });

  test("reads a body that the handler reads again", async () => {
    const lengths: number[] = [];
    const look: HttpMiddleware = (next) => async (request, context) => {
      lengths.push((await request.bytes()).length);
      return next(request, context);
    };
    const { url } = await listen({ middleware: [look] });
    const body = '{"aString":"x"}';
    const response = await fetch(`${url}/v1/echo`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(await response.json()).toMatchObject({ aString: "x" });
    expect(lengths).toEqual([body.length]);
  });

  test("that waits for ever ends at the route's deadline", async () => {
    const stuck: HttpMiddleware = () => () => new Promise(() => {});
    const { url } = await listen({ middleware: [stuck], timeoutMs: 30 });
    expect((await fetch(`${url}/v1/books/Emma`)).status).toBe(504);
  });

  test("that answers in place of a stream ends the call behind it", async () => {
    const backend = libraryBackend();
    const replace: HttpMiddleware = (next) => async (request, context) => {
      await next(request, context);
      return { status: 200, body: "instead" };
    };
    const { url } = await listen({ backends: [backend], middleware: [replace] });
    const response = await fetch(`${url}/v1/books:watch?count=5`);
    expect(await response.text()).toBe("instead");
    await expect.poll(() => backend.calls[0]?.context.signal.aborted || "ended").toBeTruthy();
  });

  test("a client that sends nothing more is 408 in a stream as well", async () => {
    const { port } = await listen({ routes: [upload], bodyTimeoutMs: 30 });
    const raw = await openRaw(port, "POST /uploads/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nsome");
    expect(await raw.until(/no more of the body/)).toMatch(/^HTTP\/1\.1 408 /);
  });
});
