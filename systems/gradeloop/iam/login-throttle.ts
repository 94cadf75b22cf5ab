import { createHash } from "node:crypto";
import { type Clock, type Executor, ParleyError } from "parleyjs";

/** Tries that cost nothing but their time: people mistype. */
const FREE_ATTEMPTS = 5;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 300_000;
/** After so long without a try the count begins anew. */
const FORGET_AFTER_MS = 900_000;
const SWEEP_ROWS = 100;

export interface LoginThrottle {
  /**
   * Counts a try before its password is looked at, so that a hundred at once are a hundred.
   * @throws ParleyError RESOURCE_EXHAUSTED with the time to wait.
   */
  enter(email: string): Promise<void>;
  /** The password was right: the count begins anew. */
  succeed(email: string): Promise<void>;
}

/**
 * Slows guessing down, for each address by itself: after five tries each next one waits twice as long as the one before,
 * up to five minutes. An address that nobody has is treated the same, so that the answers do not tell which there are.
 * The counts are in the database: several instances share them, and a restart forgets nothing.
 */
export function createLoginThrottle(db: Executor, clock: Clock): LoginThrottle {
  const hashOf = (email: string): Buffer => createHash("sha256").update(email.toLowerCase()).digest();
  return {
    async enter(email) {
      const now = new Date(clock.now());
      const { rows } = await db.query<{ count: number }>(
        `INSERT INTO login_attempts AS a (email_hash, count, last_at, blocked_until) VALUES ($1, 1, $2, $2)
         ON CONFLICT (email_hash) DO UPDATE SET
           count = CASE WHEN a.last_at < $3 THEN 1 ELSE a.count + 1 END,
           last_at = $2,
           blocked_until = CASE WHEN a.last_at < $3 OR a.count + 1 < $4 THEN $2 ELSE
             $2::timestamptz + least($5 * 2 ^ least(a.count + 1 - $4, 30), $6) * interval '1 millisecond' END
         WHERE a.blocked_until <= $2
         RETURNING count`,
        [hashOf(email), now, new Date(clock.now() - FORGET_AFTER_MS), FREE_ATTEMPTS, FIRST_DELAY_MS, MAX_DELAY_MS],
      );
      if (rows[0]?.count === 1) await sweep(db, clock);
      if (rows[0]) return;
      const blocked = await db.query<{ blocked_until: Date }>(
        "SELECT blocked_until FROM login_attempts WHERE email_hash = $1",
        [hashOf(email)],
      );
      const retryAfterMs = Math.max(1_000, (blocked.rows[0]?.blocked_until.getTime() ?? 0) - clock.now());
      throw new ParleyError("RESOURCE_EXHAUSTED", "too many failed log-ins: wait before the next", {
        details: [{ type: "retry_info", retryAfterMs }],
      });
    },
    async succeed(email) {
      await db.query("DELETE FROM login_attempts WHERE email_hash = $1", [hashOf(email)]);
    },
  };
}

/** Forgets what no longer counts, so that made-up addresses do not stay. */
async function sweep(db: Executor, clock: Clock): Promise<void> {
  await db.query(
    `DELETE FROM login_attempts WHERE email_hash IN (
       SELECT email_hash FROM login_attempts WHERE last_at < $1 AND blocked_until < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [new Date(clock.now() - FORGET_AFTER_MS), SWEEP_ROWS],
  );
}
