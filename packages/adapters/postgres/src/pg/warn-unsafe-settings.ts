import type { Executor, Logger } from "@parley/core";

/** Settings that trade away what a commit promises, and what is then lost. */
const UNSAFE: Readonly<Record<string, string>> = {
  fsync: "a crash of the machine can destroy the database",
  full_page_writes: "a crash of the machine can leave torn pages",
  synchronous_commit: "a crash of the server loses transactions that were already confirmed",
};

/** Warns once for every setting of the server that is off and should not be. Says nothing of a server that is safe. */
export async function warnUnsafeSettings(executor: Executor, location: string, logger: Logger): Promise<void> {
  const { rows } = await executor.query<{ name: string }>(
    "SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off'",
    [Object.keys(UNSAFE)],
  );
  for (const { name } of rows) {
    logger.warn({ database: location, setting: name }, `PostgreSQL runs with ${name} = off: ${UNSAFE[name]}`);
  }
}
