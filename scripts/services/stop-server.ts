import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { placeOf } from "./places.ts";
import { runningProcess } from "./process-record.ts";
import type { ServerDefinition } from "./server.ts";

const GRACE_MS = 20_000;
const CHECK_EVERY_MS = 100;

/** PostgreSQL ends at once on SIGINT, where SIGTERM waits for its clients; the others take it for SIGTERM's twin. */
const POLITE: Readonly<Record<string, NodeJS.Signals>> = { postgres: "SIGINT" };

/** Stops what `up` started, and nothing else. Resolves with whether there was anything to stop. */
export async function stopServer(server: ServerDefinition): Promise<boolean> {
  const place = placeOf(server);
  const running = runningProcess(place.recordFile);
  if (running === undefined) return false;
  process.kill(running.pid, POLITE[server.name] ?? "SIGTERM");
  const giveUpAt = Date.now() + GRACE_MS;
  while (runningProcess(place.recordFile) !== undefined) {
    if (Date.now() > giveUpAt) process.kill(running.pid, "SIGKILL");
    await delay(CHECK_EVERY_MS);
  }
  rmSync(place.recordFile, { force: true });
  await server.afterStop?.(place);
  return true;
}
