import type { ParleyError } from "@parley/core";
import type { Address } from "../connection/connection.ts";

/** Who is told of what a resolver finds. */
export interface ResolverListener {
  /** All addresses of the target, never none; replaces what was told before. */
  onAddresses(addresses: readonly Address[]): void;
  /** Told only while there is no address to go on with. UNAVAILABLE, naming the target and the cause. */
  onError(error: ParleyError): void;
}

/** Turns a target into addresses, and keeps them fresh. */
export interface Resolver {
  /** Called once. May tell the listener before it returns. */
  start(listener: ResolverListener): void;
  /** A hint that the addresses may have changed, or that a call needs one. Rate-limited, so call it freely. Urgent: none can be reached. */
  refresh(need?: "hint" | "urgent"): void;
  /** Tells nothing any more. Idempotent. */
  close(): void;
}
