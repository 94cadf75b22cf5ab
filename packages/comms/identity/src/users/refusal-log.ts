import type { Clock, Logger } from "@parley/core";
import type { TokenBearer } from "./authenticate.ts";
import type { RefusalReason, RefusedToken } from "./token-refusal.ts";

/** Says in the log why a token was refused. */
export type RefusalLog = (refused: RefusedToken, bearer: TokenBearer) => void;

/** Lines of one reason that may come at once. */
const BURST = 10;
/** How often one more may come afterwards. */
const INTERVAL_MS = 1_000;

interface Allowance {
  lines: number;
  atMs: number;
  unlogged: number;
}

/**
 * One line at `info` for each refused token, as far as the allowance of its reason goes: a client that sends bad tokens in any
 * number neither fills the log, nor hides refusals that have another reason. A line tells how many went without one before it.
 */
export function createRefusalLog({ logger, clock }: { readonly logger: Logger; readonly clock: Clock }): RefusalLog {
  const allowances = new Map<RefusalReason, Allowance>();
  return ({ reason, message }, { requestId, peer }) => {
    const nowMs = clock.now();
    const allowance = allowances.get(reason) ?? { lines: BURST, atMs: nowMs, unlogged: 0 };
    allowances.set(reason, allowance);
    const earned = Math.floor(Math.max(0, nowMs - allowance.atMs) / INTERVAL_MS);
    allowance.lines = Math.min(BURST, allowance.lines + earned);
    allowance.atMs += earned * INTERVAL_MS;
    if (allowance.lines < 1) {
      allowance.unlogged += 1;
      return;
    }
    const { unlogged } = allowance;
    allowance.lines -= 1;
    allowance.unlogged = 0;
    const fields = {
      reason,
      ...(unlogged > 0 && { unlogged }),
      ...(requestId !== undefined && { requestId }),
      ...(peer !== undefined && { peer }),
    };
    logger.info(fields, `user token refused: ${message}`);
  };
}
