import { openRaw } from "@parley/wire/testing";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { openRealLibrary } from "./support/real-library.ts";

const SECRET = "correct horse battery staple, 32+";

/** The status of a request whose header lines may be what no client library would send. */
async function ask(port: number, ...lines: readonly string[]): Promise<string> {
  const head = ["GET /v1/books/emma HTTP/1.1", "host: x", "connection: close", ...lines, "", ""].join("\r\n");
  return (await openRaw(port, head)).closed();
}

const tokenOf = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
  new SignJWT({ sub: "ada", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));

describe("what the next hop would refuse is not handed to it", () => {
  test.each([
    ["an empty second Accept-Language", ["accept-language: en", "accept-language:"], ["accept-language", "en"]],
    ["an empty first one", ["accept-language:", "accept-language: en"], ["accept-language", "en"]],
    ["empty ones alone", ["accept-language:", "accept-language:"], ["accept-language", ""]],
    ["two that say something", ["accept-language: en", "accept-language: de"], ["accept-language", "en, de"]],
    ["an empty second Idempotency-Key", ["idempotency-key: k", "idempotency-key: "], ["idempotency-key", "k"]],
  ] as const)("%s", async (_name, lines, expected) => {
    let seen: unknown;
    const { port } = await openRealLibrary({
      methods: {
        getBook: ({ name }, { header }) => {
          seen = header.get(expected[0]);
          return { book: { name } };
        },
      },
    });
    for (let request = 0; request < 8; request++) expect(await ask(port, ...lines)).toMatch(/^HTTP\/1.1 200 /);
    expect(seen).toBe(expected[1]);
  });

  test("an empty second tracestate is dropped, and the trace goes on", async () => {
    let seen: unknown;
    const { port } = await openRealLibrary({
      methods: {
        getBook: ({ name }, { trace }) => {
          seen = trace;
          return { book: { name } };
        },
      },
    });
    const traceparent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    expect(await ask(port, traceparent, "tracestate: a=1", "tracestate:")).toMatch(/^HTTP\/1.1 200 /);
    expect(seen).toMatchObject({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", state: "a=1" });
  });

  test.each(["idempotency-key: k\u00e9", "accept-language: \u00e9n"])("%j is 400 and says why", async (line) => {
    const { port } = await openRealLibrary();
    const head = `GET /v1/books/emma HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${line}\r\n\r\n`;
    const raw = await openRaw(port);
    raw.socket.write(head, "latin1");
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 400 .*must be printable ASCII/s);
  });

  test("a token of an anonymous caller that no header can hold is 400, and the breaker stays closed", async () => {
    const { port, url } = await openRealLibrary();
    for (let request = 0; request < 8; request++) {
      const raw = await openRaw(port);
      raw.socket.write(
        "GET /v1/books/emma HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer \u00e9\r\n\r\n",
        "latin1",
      );
      expect(await raw.closed()).toMatch(/^HTTP\/1.1 400 .*authorization must be printable ASCII/s);
    }
    expect((await fetch(`${url}/v1/books/emma`)).status).toBe(200);
  });

  test.each(["Acme Inc", "Zürich", "Acme ", "x".repeat(200)])(
    "the tenant %j of a token reaches the service",
    async (tenant) => {
      let seen: unknown;
      const { url } = await openRealLibrary({
        gateway: { auth: { secret: SECRET } },
        methods: {
          getBook: ({ name }, context) => {
            seen = context.tenant;
            return { book: { name } };
          },
        },
      });
      const authorization = `Bearer ${await tokenOf({ tenant_id: tenant })}`;
      expect((await fetch(`${url}/v1/books/emma`, { headers: { authorization } })).status).toBe(200);
      expect(seen).toBe(tenant);
    },
  );

  test.each(["a\r\nb", "a\u0000", "x".repeat(2_000)])("the tenant %j is refused with the reason", async (tenant) => {
    const { url } = await openRealLibrary({ gateway: { auth: { secret: SECRET } } });
    const refused = { headers: { authorization: `Bearer ${await tokenOf({ tenant_id: tenant })}` } };
    for (let request = 0; request < 8; request++) {
      expect([400, 401]).toContain((await fetch(`${url}/v1/books/emma`, refused)).status);
    }
    const { headers } = { headers: { authorization: `Bearer ${await tokenOf({})}` } };
    expect((await fetch(`${url}/v1/books/emma`, { headers })).status).toBe(200);
  });
});
