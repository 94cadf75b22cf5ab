import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChannel, createClient } from "@parley/rpc";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { UserService } from "../gen/users/v1/users_pb.ts";
import { startOrders } from "./support/orders-system.ts";
import { restOf } from "./support/rest.ts";
import { placeOrder, register } from "./support/shop.ts";

const folder = mkdtempSync(join(tmpdir(), "parley-orders-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [TLS_CERT, TLS_KEY] = [join(folder, "tls.crt"), join(folder, "tls.key")];

/** A certificate for this machine that is its own authority. */
function makeCertificate(): void {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", TLS_KEY];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, ...subject, "-out", TLS_CERT], { stdio: "pipe" });
}

test("with a certificate and a key, all calls between the parts are encrypted, and no others are answered", async () => {
  makeCertificate();
  const system = await startOrders({ env: { TLS_CERT, TLS_KEY, TLS_CA: TLS_CERT } });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const rest = restOf(system.addressOf("api-gateway"));
  const user = await register(rest);
  expect(await placeOrder(rest, user)).toMatchObject({ userName: user.name });
  expect(await rest("GET /health")).toMatchObject({ status: 200, json: { status: "ok" } });

  const target = system.addressOf("user-service");
  const encrypted = createChannel({ target, tls: { caPath: TLS_CERT } });
  const plain = createChannel({ target });
  onTestFinished(async () => void (await Promise.all([encrypted.close(), plain.close()])));
  expect((await createClient(UserService, encrypted).getUser({ id: user.id })).user).toMatchObject({
    email: user.email,
  });
  await expect(createClient(UserService, plain).getUser({ id: user.id })).rejects.toMatchObject({
    code: "UNAVAILABLE",
  });
});
