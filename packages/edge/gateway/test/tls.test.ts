import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { createManualClock, type Logger, noopLogger } from "@parley/core";
import { liveEvent } from "@parley/gateway";
import { TLS_POLL_MS } from "@parley/wire/internal";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createEventLogs } from "./support/event-logs.ts";
import { openLibrary } from "./support/library.ts";
import { BookAdded } from "./support/live.ts";

/** Real certificates, made by openssl; each signs itself. */
const dir = mkdtempSync(join(tmpdir(), "parley-gateway-tls-"));
const at = (name: string): string => join(dir, name);

function issue(name: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at(`${name}.key`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, ...subject, "-out", at(`${name}.crt`)], {
    stdio: "pipe",
  });
}

beforeAll(() => {
  for (const name of ["first", "second"]) issue(name);
});
afterAll(() => rmSync(dir, { recursive: true }));

const open: ReturnType<typeof openLibrary>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ gateway }) => gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
});

function use(name: string): void {
  copyFileSync(at(`${name}.key`), at("used.key"));
  copyFileSync(at(`${name}.crt`), at("used.crt"));
}

async function listen(...args: Parameters<typeof openLibrary>): Promise<number> {
  const library = openLibrary(...args);
  open.push(library);
  return (await library.gateway.listen({ port: 0, host: "127.0.0.1" })).port;
}

/** The name in the certificate that a new connection is shown. */
function shownName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    }).on("error", reject);
  });
}

test("answers over TLS, and tells browsers to stay with it", async () => {
  use("first");
  const port = await listen({ tls: { certPath: at("used.crt"), keyPath: at("used.key") } });
  const headers = await new Promise((resolve, reject) => {
    const asked = request({ port, path: "/v1/books/emma", rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.headers);
    });
    asked.on("error", reject).end();
  });
  expect(headers).toMatchObject({ "strict-transport-security": "max-age=31536000; includeSubDomains" });
});

test("a drain that is forced does not wait for who is still in the handshake, and a plain request is none", async () => {
  const tls = { certPath: at("first.crt"), keyPath: at("first.key") };
  const { gateway } = openLibrary({ tls, headersTimeoutMs: 3_600_000 });
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  const silent = connectPlain(port, "127.0.0.1").on("error", () => {});
  const plain = connectPlain(port, "127.0.0.1").on("error", () => {});
  plain.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(plain.resume(), "close");
  expect(await gateway.drain({ graceMs: 60_000, signal: AbortSignal.timeout(50) })).toBe("forced");
  await once(silent.resume(), "close");
});

test("what is sent ahead over TLS is answered whole, more than any buffer holds", async () => {
  const name = "x".repeat(10_000);
  const port = await listen({ tls: { certPath: at("first.crt"), keyPath: at("first.key") } });
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.write(`GET /v1/books/${name} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(200));
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) {
    text += chunk;
    if (text.split(name).length > 200) break;
  }
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(200);
});

test("a WebSocket goes over TLS as well", async () => {
  use("first");
  const realtime = { transport: createEventLogs().transport, events: [liveEvent(BookAdded, "everyone")] };
  const port = await listen({ tls: { certPath: at("used.crt"), keyPath: at("used.key") }, realtime });
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { rejectUnauthorized: false });
  await once(socket, "open");
  socket.send('{"type":"ping"}');
  const [answer] = await once(socket, "message");
  expect(String(answer)).toBe('{"type":"pong"}');
  socket.close();
});

test("new connections get a renewed certificate; files that do not fit are logged and left", async () => {
  use("first");
  const clock = createManualClock();
  const lines: string[] = [];
  const note = (_: object, message?: string): void => void lines.push(message ?? "");
  const logger: Logger = { ...noopLogger, info: note, error: note };
  const port = await listen({ clock, logger, tls: { certPath: at("used.crt"), keyPath: at("used.key") } });
  copyFileSync(at("second.crt"), at("used.crt"));
  clock.advance(TLS_POLL_MS);
  expect(await shownName(port)).toBe("first");
  use("second");
  clock.advance(TLS_POLL_MS);
  expect(await shownName(port)).toBe("second");
  expect(lines).toEqual([
    "the TLS files were not reloaded; the old ones stay in use",
    "new connections get the renewed TLS certificate",
  ]);
});

test("with a CA, who shows no certificate of it gets nothing", async () => {
  use("first");
  const tls = { certPath: at("used.crt"), keyPath: at("used.key"), caPath: at("second.crt") };
  const port = await listen({ tls });
  const get = (client: object) =>
    new Promise<number | string>((resolve) => {
      request({ port, path: "/livez", rejectUnauthorized: false, agent: false, ...client }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        .end();
    });
  expect(await get({})).not.toBe(200);
  const cert = readFileSync(at("second.crt"));
  const key = readFileSync(at("second.key"));
  expect(await get({ cert, key })).toBe(200);
});

test("files that cannot be used are named when it begins to listen", async () => {
  use("first");
  writeFileSync(at("broken.key"), "no key");
  const certPath = at("used.crt");
  await expect(listen({ tls: { certPath, keyPath: at("none.key") } })).rejects.toThrow(
    `the TLS key file ${at("none.key")} cannot be read: ENOENT`,
  );
  await expect(listen({ tls: { certPath, keyPath: at("broken.key") } })).rejects.toThrow(
    `the TLS files ${certPath}, ${at("broken.key")} cannot be used`,
  );
});
