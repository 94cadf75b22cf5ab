import { createWebhookSecret, signWebhook, verifyWebhook } from "@parley/webhooks";
import { describe, expect, test } from "vitest";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY = '{"test": 2432232314}';
const CONTENT = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: BODY };
const NOW = CONTENT.timestamp * 1_000;

const headersOf = (signature: string, timestamp = CONTENT.timestamp) => ({
  "webhook-id": CONTENT.id,
  "webhook-timestamp": String(timestamp),
  "webhook-signature": signature,
});

describe("the signature of Standard Webhooks", () => {
  test("is that of the other implementations", () => {
    expect(signWebhook(CONTENT, [SECRET])).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("is one per secret, and any of them holds", () => {
    const other = createWebhookSecret();
    const signature = signWebhook(CONTENT, [other, SECRET]);
    expect(signature.split(" ")).toHaveLength(2);
    for (const secret of [other, SECRET]) {
      expect(verifyWebhook(headersOf(signature), BODY, { secret, nowMs: NOW })).toEqual(CONTENT);
    }
  });

  test.each([
    ["another body", signWebhook(CONTENT, [SECRET]), `${BODY} `, NOW, /no signature/],
    ["another secret", signWebhook(CONTENT, [createWebhookSecret()]), BODY, NOW, /no signature/],
    ["another version", signWebhook(CONTENT, [SECRET]).replace("v1", "v2"), BODY, NOW, /no signature/],
    ["nonsense", "v1,", BODY, NOW, /no signature/],
    ["an old message", signWebhook(CONTENT, [SECRET]), BODY, NOW + 300_001, /not within 300000 ms/],
    ["a message of the future", signWebhook(CONTENT, [SECRET]), BODY, NOW - 300_001, /not within 300000 ms/],
  ])("does not hold for %s", (_, signature, body, nowMs, message) => {
    expect(() => verifyWebhook(headersOf(signature), body, { secret: SECRET, nowMs })).toThrow(message);
  });

  test.each(["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", `whsec_${"!".repeat(40)}`])(
    "is not made with %j",
    (secret) => {
      expect(() => signWebhook(CONTENT, [secret])).toThrow(/secret must be whsec_ and 24 to 64 bytes in base64/);
    },
  );
});
