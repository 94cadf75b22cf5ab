import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

export interface TrustedCertificate extends Disposable {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate for 127.0.0.1 that signs itself, and that this process trusts until it is disposed of. */
export function trustedCertificate(): TrustedCertificate {
  const dir = mkdtempSync(join(tmpdir(), "parley-certificate-"));
  const certPath = join(dir, "server.crt");
  const keyPath = join(dir, "server.key");
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath];
  execFileSync("openssl", ["req", "-x509", ...key, ...subject, "-out", certPath], { stdio: "pipe" });
  const before = getCACertificates();
  setDefaultCACertificates([...before, readFileSync(certPath, "utf8")]);
  return {
    certPath,
    keyPath,
    [Symbol.dispose]() {
      setDefaultCACertificates(before);
      rmSync(dir, { recursive: true });
    },
  };
}
