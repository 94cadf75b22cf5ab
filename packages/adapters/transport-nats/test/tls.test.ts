import { expect, test } from "vitest";
import { trustedCertificate } from "../../../../scripts/testing/trusted-certificate.ts";
import { nats } from "../src/adapter.ts";
import { canStartBroker, startOwnBroker } from "./own-broker.ts";

const TOPIC = { name: "courses.published", ordering: "none", retentionMs: 60_000, maxDataBytes: 1_024 } as const;

test.skipIf(!canStartBroker())(
  "tls:// speaks TLS, and holds the server to its certificate",
  { timeout: 60_000 },
  async () => {
    const certificate = trustedCertificate();
    const { certPath, keyPath } = certificate;
    const broker = await startOwnBroker("--tls", "--tlscert", certPath, "--tlskey", keyPath);
    const url = broker.url.replace("nats:", "tls:");
    const options = { url, clientName: "tls", topics: [TOPIC] };
    try {
      const transport = await nats().connect(options);
      const data = new TextEncoder().encode("{}");
      const envelope = { id: "1", source: "/tls", type: TOPIC.name, timeMs: 0, contentType: "application/json" };
      await transport.publish(TOPIC.name, [{ ...envelope, extensions: {}, data }]);
      await transport.close();
      certificate[Symbol.dispose]();
      await expect(nats().connect(options)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    } finally {
      await broker.remove();
    }
  },
);
