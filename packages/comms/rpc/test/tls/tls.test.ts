import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, type Logger, noopLogger } from "@parley/core";
import { TLS_POLL_MS } from "@parley/wire/internal";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createServer } from "../../src/create-server.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import { connect, failureOf, unary } from "../support/connection.ts";
import { echoing } from "../support/running.ts";

const dir = mkdtempSync(join(tmpdir(), "parley-tls-"));
const at = (name: string): string => join(dir, name);

/** A key and a certificate for localhost, signed by a CA, both made by openssl. */
function issue(name: string, ca: string): void {
  const run = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  run(
    "req",
    "-new",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    at(`${name}.key`),
    "-out",
    at(`${name}.csr`),
  );
  writeFileSync(at(`${name}.ext`), "subjectAltName=DNS:localhost,IP:127.0.0.1");
  run(
    "x509",
    "-req",
    "-in",
    at(`${name}.csr`),
    "-CA",
    at(`${ca}.crt`),
    "-CAkey",
    at(`${ca}.key`),
    "-CAcreateserial",
    "-days",
    "2",
    "-extfile",
    at(`${name}.ext`),
    "-out",
    at(`${name}.crt`),
  );
}

function issueRoot(name: string): void {
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.crt`),
    ],
    { stdio: "pipe" },
  );
}

beforeAll(() => {
  for (const root of ["ca", "other-ca"]) issueRoot(root);
  for (const name of ["server", "client"]) issue(name, "ca");
  issue("renewed", "other-ca");
});
afterAll(() => rmSync(dir, { recursive: true }));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SERVER = { certPath: at("server.crt"), keyPath: at("server.key") };

async function serve(options: Partial<ServerOptions>) {
  const server = createServer({ services: [echoing()], ...options });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  closing.push(() => server.drain({ graceMs: 0 }));
  const open = async (tls: NonNullable<Parameters<typeof connect>[1]>["tls"], authority?: string) => {
    const connection = await connect(port, { tls, authority });
    closing.push(() => connection.close({ graceMs: 0 }));
    return connection;
  };
  return { server, port, open };
}

test("calls go over TLS to a server whose certificate the roots have signed", async () => {
  const { open } = await serve({ tls: SERVER });
  const connection = await open({ caPath: at("ca.crt") });
  expect((await unary(connection, { text: "secret" })).message.text).toBe("secret");
});

test("a certificate of other roots, or for another name, is refused, and so is plain text", async () => {
  const { open, port } = await serve({ tls: SERVER });
  expect(await failureOf(open({ caPath: at("other-ca.crt") }))).toMatchObject({
    code: "UNAVAILABLE",
    progress: "refused",
  });
  const wrongName = await failureOf(open({ caPath: at("ca.crt") }, "elsewhere.example:443"));
  expect(wrongName.message).toContain("elsewhere.example");
  expect(await failureOf(connect(port))).toMatchObject({ code: "UNAVAILABLE" });
});

test("with a CA on the server, a client without a certificate is refused", async () => {
  const { open } = await serve({ tls: { ...SERVER, caPath: at("ca.crt") } });
  expect(await failureOf(open({ caPath: at("ca.crt") }))).toMatchObject({ code: "UNAVAILABLE" });
  const connection = await open({ caPath: at("ca.crt"), certPath: at("client.crt"), keyPath: at("client.key") });
  expect((await unary(connection, { text: "mutual" })).message.text).toBe("mutual");
});

test("files that change are used by new connections; files that are broken are not", async () => {
  const clock = createManualClock(Date.now());
  const logged: string[] = [];
  const note = (_fields: object, message?: string) => void logged.push(message ?? "");
  const logger: Logger = { ...noopLogger, info: note, error: note };
  const files = { certPath: at("live.crt"), keyPath: at("live.key") };
  const install = (name: string): void => {
    copyFileSync(at(`${name}.crt`), files.certPath);
    copyFileSync(at(`${name}.key`), files.keyPath);
  };
  install("server");
  const { open } = await serve({ tls: files, clock, logger });
  await open({ caPath: at("ca.crt") });

  writeFileSync(files.certPath, "broken");
  clock.advance(TLS_POLL_MS);
  expect(logged.at(-1)).toContain("the old ones stay in use");
  await open({ caPath: at("ca.crt") });

  install("renewed");
  clock.advance(TLS_POLL_MS);
  expect(logged.at(-1)).toContain("renewed");
  await open({ caPath: at("other-ca.crt") });
  expect(await failureOf(open({ caPath: at("ca.crt") }))).toMatchObject({ code: "UNAVAILABLE" });
});

test("a client that never finishes its handshake does not hold up a forced drain", async () => {
  const { server, port } = await serve({ tls: SERVER });
  const silent = net.connect({ port, host: "127.0.0.1" });
  closing.push(() => silent.destroy());
  await once(silent, "connect");
  const gone = once(silent, "close");
  expect(await server.drain({ graceMs: 10 })).toBe("forced");
  await gone;
});

test("files that cannot be used are named when the server is made", () => {
  const missing = { ...SERVER, certPath: at("missing.crt") };
  expect(() => createServer({ services: [], tls: missing })).toThrow(
    `the TLS certificate file ${missing.certPath} cannot be read`,
  );
  const mismatch = { ...SERVER, keyPath: at("client.key") };
  expect(() => createServer({ services: [], tls: mismatch })).toThrow("cannot be used");
});
