import { expect, test } from "vitest";
import { freePort } from "../../../../scripts/testing/free-port.ts";
import { trustedCertificate } from "../../../../scripts/testing/trusted-certificate.ts";
import { redis } from "../src/adapter.ts";
import { canStartServer, startOwnServer } from "./own-server.ts";

const TOPIC = { name: "courses.published", ordering: "none", retentionMs: 60_000, maxDataBytes: 1_024 } as const;

test.skipIf(!canStartServer())(
  "rediss:// speaks TLS, and holds the server to its certificate",
  { timeout: 60_000 },
  async () => {
    const certificate = trustedCertificate();
    const { certPath, keyPath } = certificate;
    const port = await freePort();
    const files = ["--tls-cert-file", certPath, "--tls-key-file", keyPath, "--tls-auth-clients", "no"];
    const server = await startOwnServer("--tls-port", `${port}`, ...files);
    const options = { url: `rediss://127.0.0.1:${port}`, clientName: "tls", topics: [TOPIC], publishTimeoutMs: 3_000 };
    try {
      const transport = await redis().connect(options);
      const data = new TextEncoder().encode("{}");
      const envelope = { id: "1", source: "/tls", type: TOPIC.name, timeMs: 0, contentType: "application/json" };
      await transport.publish(TOPIC.name, [{ ...envelope, extensions: {}, data }]);
      await transport.close();
      certificate[Symbol.dispose]();
      await expect(redis().connect(options)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    } finally {
      await server.remove();
    }
  },
);
