import { join } from "node:path";
import { requireCacheDir } from "../launch/cache-dir.mjs";
import { withLock } from "../launch/with-lock.mjs";
import { installPackages } from "./install-packages.ts";
import { placeOf } from "./places.ts";
import type { ServerDefinition } from "./server.ts";
import { startServer } from "./start-server.ts";
import { statusOf } from "./status.ts";

/** As long as another may need to install and build everything. */
const LOCK_TIMEOUT_MS = 15 * 60_000;

export interface StartOptions {
  /** Hears a line about each step that takes time. */
  readonly say: (line: string) => void;
}

/** Which of them are still to be started. A port held by something else is an error before anything is done. */
async function findDown(
  servers: readonly ServerDefinition[],
  say: StartOptions["say"],
): Promise<readonly ServerDefinition[]> {
  const statuses = await Promise.all(servers.map(statusOf));
  const taken = statuses.filter(({ state }) => state === "taken" || state === "unwell");
  if (taken.length > 0) {
    const lines = taken.map(({ name, port, state, problem }) =>
      state === "unwell"
        ? `${name} runs but does not answer (${problem}). Stop it: npm run services down ${name}`
        : `Port ${port} is taken by something that is not our ${name} (${problem}). Stop that, or set PARLEY_${name.toUpperCase()}_PORT.`,
    );
    throw new Error(lines.join("\n"));
  }
  for (const { name, state, port } of statuses)
    if (state === "other") say(`${name}: using the server that already listens on ${port}`);
  return servers.filter((server) => statuses.some(({ name, state }) => name === server.name && state === "down"));
}

/**
 * Brings servers up, each as a process of its own on loopback: those that answer already are left alone, what is missing is installed
 * (everything at once), and the rest start side by side. Rejects with every failure; those that started keep running.
 * Two that are asked at once go one after the other.
 */
export function startServers(servers: readonly ServerDefinition[], options: StartOptions): Promise<void> {
  const work = (): Promise<void> => startThoseDown(servers, options);
  return withLock(join(requireCacheDir(), "services.lock"), { timeoutMs: LOCK_TIMEOUT_MS, work });
}

async function startThoseDown(servers: readonly ServerDefinition[], { say }: StartOptions): Promise<void> {
  const down = await findDown(servers, say);
  const packages = [...new Set(down.flatMap((server) => server.missingPackages(placeOf(server))))];
  if (packages.length > 0) say(`installing ${packages.join(", ")}`);
  const packagesReady = installPackages(packages);
  const starts = down.map(async (server) => {
    const place = placeOf(server);
    // What a server fetches may need a tool that is being installed; one that needs no package does not wait for the others'.
    if (server.missingPackages(place).length > 0) await packagesReady;
    await server.fetchPrograms?.(place);
    await startServer(server);
    say(`${server.name}: started on ${place.port}`);
  });
  const failures = (await Promise.allSettled([packagesReady, ...starts])).filter(
    (result) => result.status === "rejected",
  );
  const messages = new Set(failures.map(({ reason }) => (reason as Error).message));
  if (messages.size > 0) throw new Error([...messages].join("\n\n"));
}
