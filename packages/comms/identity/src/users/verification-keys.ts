import type { KeyObject } from "node:crypto";
import type { KeyHint } from "./usable-keys.ts";

/** The keys that tokens are verified with, wherever they come from. */
export interface VerificationKeys {
  /**
   * The keys that may have signed a token.
   * @throws ParleyError UNAVAILABLE if there are no keys yet.
   */
  find(hint: KeyHint): Promise<readonly KeyObject[]>;
  /** Asked when none of the keys found verified a token, because keys may have been rotated: further keys to try. */
  renew(hint: KeyHint, tried: readonly KeyObject[]): Promise<readonly KeyObject[]>;
}

/** Keys that stay as they are. */
export function fixedKeys(keys: readonly KeyObject[]): VerificationKeys {
  return { find: async () => keys, renew: async () => [] };
}
