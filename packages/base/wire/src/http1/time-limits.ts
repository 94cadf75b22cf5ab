import type { Clock } from "@parley/core";

/** Time limits of a server's connections, in milliseconds. */
export interface TimeLimits {
  /** For a head, from its first byte; for the first byte of a new connection as well. */
  readonly headersTimeoutMs: number;
  /** For content that nobody reads any more, after its response. */
  readonly bodyTimeoutMs: number;
  /** Between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** For a response that lies unread, as long as nothing of it leaves. */
  readonly stallTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * What a connection is about:
 *
 *     new → head → busy → (unread) → idle → head …        busy → closing
 *
 * `unread`: the response has left, and the content of its request still comes. `closing`: the last response has left,
 * and what the client still sends is thrown away, since a close would reset the connection before it has read that
 * (RFC 9112 section 9.6).
 */
export type Phase = "new" | "head" | "busy" | "unread" | "idle" | "closing";

/** How long a client has to close its side once it has its last response. */
const LINGER_MS = 2_000;

/** How long a connection may be in a phase. How long an answer may take is for its endpoint to say. */
export function phaseLimitMs(phase: Phase, limits: TimeLimits): number {
  switch (phase) {
    case "new":
    case "head":
      return limits.headersTimeoutMs;
    case "busy":
      return Number.POSITIVE_INFINITY;
    case "unread":
      return limits.bodyTimeoutMs;
    case "idle":
      return limits.keepAliveTimeoutMs;
    case "closing":
      return LINGER_MS;
    default:
      return phase satisfies never;
  }
}
