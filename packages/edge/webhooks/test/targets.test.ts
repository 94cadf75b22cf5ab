import { createWebhookStore, createWebhooks } from "@parley/webhooks";
import { beforeAll, describe, expect, test } from "vitest";
import { openEmbedded } from "./support/embedded.ts";

describe("where a webhook may go", () => {
  let register: (url: string) => Promise<unknown>;
  beforeAll(async () => {
    const webhooks = createWebhooks({ store: createWebhookStore(await openEmbedded()) });
    await webhooks.start();
    await webhooks.drain();
    register = (url) => webhooks.endpoints.register({ url });
  });

  test.each(["https://hooks.example.com/a?b=c", "https://8.8.8.8/", "https://[2606:4700::1111]:8443/x"])(
    "%s",
    async (url) => {
      await expect(register(url)).resolves.toMatchObject({ url, state: "active" });
    },
  );

  test.each<readonly [what: string, url: string, message: RegExp]>([
    ["not a URL", "hooks", /url must be a URL/],
    ["plain HTTP", "http://hooks.example.com/", /url must begin with https/],
    ["another scheme", "file:///etc/passwd", /url must begin with https/],
    ["a user", "https://me:secret@hooks.example.com/", /url must not hold a user/],
    ["a fragment", "https://hooks.example.com/#x", /url must not have a fragment/],
    ["a single name", "https://localhost/", /url must name a public host/],
    ["a service of the cluster", "https://metadata/", /url must name a public host/],
    ...[
      "127.0.0.1",
      "2130706433",
      "0x7f.1",
      "0.0.0.0",
      "10.1.2.3",
      "172.16.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "100.64.0.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::127.0.0.1]",
      "[fe80::1]",
      "[fd00::1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
    ].map((host) => ["an address that is not public", `https://${host}/`, /private or reserved/] as const),
  ])("not %s: %s", async (_, url, message) => {
    await expect(register(url)).rejects.toThrow(message);
  });
});
