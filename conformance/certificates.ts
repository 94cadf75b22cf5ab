import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A root and a certificate of `localhost` and 127.0.0.1 that it has signed; every file holds PEM. */
export interface TestCertificates extends Disposable {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** Makes certificates that live for two days and this run. Needs openssl. */
export function createTestCertificates(): TestCertificates {
  const dir = mkdtempSync(join(tmpdir(), "certificates-"));
  const at = (name: string): string => join(dir, name);
  const openssl = (...args: string[]): Buffer => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const root = ["-x509", "-subj", "/CN=test root", "-days", "2", "-keyout", at("ca.key"), "-out", at("ca.pem")];
  openssl("req", ...root, ...newKey);
  openssl("req", "-new", "-subj", "/CN=localhost", "-keyout", at("key.pem"), "-out", at("request.pem"), ...newKey);
  writeFileSync(at("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
  const signing = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("names")];
  openssl("x509", "-req", "-in", at("request.pem"), ...signing, "-days", "2", "-out", at("cert.pem"));
  return {
    caPath: at("ca.pem"),
    certPath: at("cert.pem"),
    keyPath: at("key.pem"),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
