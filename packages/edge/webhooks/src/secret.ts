import { randomBytes } from "node:crypto";
import { invalidArgument } from "@parley/core";

const PREFIX = "whsec_";
const BYTES = 32;
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** A fresh secret from the kernel's generator. */
export function createWebhookSecret(): string {
  return PREFIX + randomBytes(BYTES).toString("base64");
}

/**
 * The key in a secret.
 * @throws ParleyError INVALID_ARGUMENT if it is not `whsec_` and 24 to 64 bytes in base64.
 */
export function webhookKey(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  const key = Buffer.from(text, "base64");
  const isWhole = key.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  if (isWhole && key.length >= MIN_BYTES && key.length <= MAX_BYTES) return key;
  throw invalidArgument({
    field: "secret",
    description: `must be ${PREFIX} and ${MIN_BYTES} to ${MAX_BYTES} bytes in base64`,
  });
}
