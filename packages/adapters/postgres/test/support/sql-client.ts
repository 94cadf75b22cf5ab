import type { ForeignClient } from "@parley/transport/testing";

/** Whatever runs SQL: the driver of any language. */
export type RunSql = (sql: string, params: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;

const PAUSE_MS = 20;

/** A client that knows the table and nothing of Parley. */
export function createSqlClient(run: RunSql): ForeignClient {
  return {
    async publish(topic, body) {
      const column = isJson(body) ? "data" : "body";
      const value = column === "data" ? body : Buffer.from(body);
      await run(`INSERT INTO parley_events (topic, ${column}) VALUES ($1, $2)`, [topic, value]);
    },
    read(topic, count) {
      const { promise: bodies, resolve, reject } = Promise.withResolvers<readonly string[]>();
      const begin = async (): Promise<void> => {
        const before = await run("SELECT coalesce(max(position), 0) AS last FROM parley_events", []);
        poll(before[0]?.last).then(resolve, reject);
      };
      const poll = async (after: unknown): Promise<readonly string[]> => {
        for (;;) {
          const select =
            "SELECT data::text AS body FROM parley_events WHERE topic = $1 AND position > $2 ORDER BY position";
          const rows = await run(select, [topic, after]);
          if (rows.length >= count) return rows.slice(0, count).map(({ body }) => String(body));
          await new Promise((wake) => setTimeout(wake, PAUSE_MS));
        }
      };
      return { ready: begin(), bodies };
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
