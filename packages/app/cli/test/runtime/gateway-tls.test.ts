import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { startPart } from "@parley/runtime";
import { expect, onTestFinished, test } from "vitest";
import { greetings } from "../greetings.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** The services behind the door, which these tests do not need. */
const AWAY = { LOG_LEVEL: "silent", NAME_SERVICE_URL: "127.0.0.1:1", GREETING_SERVICE_URL: "127.0.0.1:1" };

/** A certificate for this machine that is its own authority. */
async function makeCertificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const folder = await temporaryFolder();
  const [cert, key] = [join(folder, "door.crt"), join(folder, "door.key")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...files, ...subject], { stdio: "pipe" });
  return { cert, key };
}

function statusOf(url: string, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });
}

test("with a certificate of its own the gateway answers over HTTPS, and its address says so", async () => {
  const { cert, key } = await makeCertificate();
  const env = { ...AWAY, GATEWAY_TLS_CERT: cert, GATEWAY_TLS_KEY: key };
  const running = await startPart(greetings, "door", { env });
  onTestFinished(async () => void (await running.stop()));
  const [door] = running.parts;
  expect(door?.address).toMatch(/^https:\/\/localhost:\d+$/);
  expect(await statusOf(`${door?.address}/livez`, readFileSync(cert))).toBe(200);
});

test("a certificate that cannot be read is named, with the gateway", async () => {
  const { key } = await makeCertificate();
  const env = { ...AWAY, GATEWAY_TLS_CERT: "/nowhere.crt", GATEWAY_TLS_KEY: key };
  await expect(startPart(greetings, "door", { env })).rejects.toThrow(/^door cannot listen .*\/nowhere\.crt/);
});
