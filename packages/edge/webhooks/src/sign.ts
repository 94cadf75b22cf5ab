import { createHmac, timingSafeEqual } from "node:crypto";
import { ParleyError } from "@parley/core";
import { webhookKey } from "./secret.ts";

/**
 * The signature of Standard Webhooks, version 1: HMAC-SHA256 over `<id>.<timestamp>.<body>`.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export interface SignedContent {
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  /** Exactly as it is sent. */
  readonly body: string;
}

/** `webhook-signature`: one per secret, so that a receiver may hold the old or the new one while they change. */
export function signWebhook(content: SignedContent, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1,${digest(content, secret).toString("base64")}`).join(" ");
}

export interface VerifyOptions {
  readonly secret: string;
  readonly nowMs: number;
  /** How old or how far ahead a message may be. Default 5 min: what an attacker recorded is worth nothing later. */
  readonly toleranceMs?: number;
}

/**
 * Checks a message as its receiver does.
 * @throws ParleyError UNAUTHENTICATED that says what does not hold.
 */
export function verifyWebhook(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
  { secret, nowMs, toleranceMs = 300_000 }: VerifyOptions,
): SignedContent {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures } = headers;
  if (typeof id !== "string" || typeof time !== "string" || typeof signatures !== "string") {
    throw new ParleyError("UNAUTHENTICATED", "webhook-id, webhook-timestamp and webhook-signature are needed");
  }
  const timestamp = /^\d{1,12}$/.test(time) ? Number(time) : Number.NaN;
  if (!(Math.abs(nowMs - timestamp * 1_000) <= toleranceMs)) {
    throw new ParleyError("UNAUTHENTICATED", `webhook-timestamp is not within ${toleranceMs} ms of now`);
  }
  const content = { id, timestamp, body };
  const expected = digest(content, secret);
  const holds = signatures.split(" ").some((signature) => {
    const [version, text = ""] = signature.split(",");
    const given = Buffer.from(text, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!holds) throw new ParleyError("UNAUTHENTICATED", "no signature of webhook-signature holds");
  return content;
}

function digest({ id, timestamp, body }: SignedContent, secret: string): Buffer {
  return createHmac("sha256", webhookKey(secret)).update(`${id}.${timestamp}.${body}`).digest();
}
