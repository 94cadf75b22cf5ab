import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Clock, type Database, type Executor, unauthenticated } from "parleyjs";

/** How long a user stays logged in without coming back. */
const EXPIRES_MS = 14 * 86_400_000;
const SWEEP_ROWS = 100;

export interface RefreshTokens {
  /** The first token of a log-in. */
  begin(userId: string): Promise<string>;
  /**
   * Exchanges a token for the next one of its log-in.
   * @throws ParleyError UNAUTHENTICATED for one that is unknown, expired or used. A used one is in two hands, so the
   *   whole log-in ends: whoever of the two is the thief has nothing.
   */
  exchange(token: string): Promise<{ readonly userId: string; readonly token: string }>;
  /** Ends the log-in that a token belongs to. */
  end(token: string): Promise<void>;
  /** Ends all log-ins of a user. */
  endAll(userId: string, tx: Executor): Promise<void>;
}

/** @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2 for rotation and the detection of reuse. */
export function createRefreshTokens(db: Database, clock: Clock): RefreshTokens {
  const issue = async (tx: Executor, userId: string, family: string): Promise<string> => {
    const token = randomBytes(32).toString("base64url");
    await tx.query("INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES ($1, $2, $3, $4)", [
      hashOf(token),
      family,
      userId,
      new Date(clock.now() + EXPIRES_MS),
    ]);
    return token;
  };

  const endFamily = (token: string): Promise<unknown> =>
    db.query("DELETE FROM refresh_tokens WHERE family = (SELECT family FROM refresh_tokens WHERE hash = $1)", [
      hashOf(token),
    ]);

  return {
    async begin(userId) {
      await db.query(
        "DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires_at < $1 LIMIT $2)",
        [new Date(clock.now()), SWEEP_ROWS],
      );
      return issue(db, userId, randomUUID());
    },

    async exchange(token) {
      const next = await db.transaction(async (tx) => {
        // Of two exchanges at once, the statement lets one through.
        const { rows } = await tx.query<{ family: string; user_id: string }>(
          `UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2
           RETURNING family, user_id`,
          [hashOf(token), new Date(clock.now())],
        );
        return rows[0] && { userId: rows[0].user_id, token: await issue(tx, rows[0].user_id, rows[0].family) };
      });
      if (next) return next;
      await endFamily(token);
      throw unauthenticated("the refresh token does not hold: log in again");
    },

    async end(token) {
      await endFamily(token);
    },

    async endAll(userId, tx) {
      await tx.query("DELETE FROM refresh_tokens WHERE user_id = $1", [userId]);
    },
  };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
