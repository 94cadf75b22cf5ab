import { homedir } from "node:os";
import { join } from "node:path";
import { requireCacheDir } from "../launch/cache-dir.mjs";
import type { ServerDefinition, ServerPlace } from "./server.ts";

export interface ServerFiles extends ServerPlace {
  readonly logFile: string;
  /** What `up` wrote down about the process that it started. */
  readonly recordFile: string;
}

/** Root's own home is closed to the users that its servers run as. */
function stateDir(env: NodeJS.ProcessEnv): string {
  if (env.PARLEY_STATE_DIR !== undefined) return env.PARLEY_STATE_DIR;
  if (process.getuid?.() === 0) return "/var/lib/parley";
  return join(env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "parley");
}

function portOf({ name, defaultPort }: ServerDefinition, env: NodeJS.ProcessEnv): number {
  const variable = `PARLEY_${name.toUpperCase()}_PORT`;
  const port = Number(env[variable] ?? defaultPort);
  if (!Number.isInteger(port) || port < 1 || port > 45_000)
    throw new Error(`${variable} is "${env[variable]}"; it must be a port from 1 to 45000`);
  return port;
}

/** Where a server's things are: data and logs in the state folder (`PARLEY_STATE_DIR`), programs in the cache. */
export function placeOf(server: ServerDefinition, env: NodeJS.ProcessEnv = process.env): ServerFiles {
  const dir = join(stateDir(env), "services", server.name);
  return {
    port: portOf(server, env),
    dataDir: join(dir, "data"),
    programsDir: join(requireCacheDir(env), "services", server.name),
    logFile: join(dir, "server.log"),
    recordFile: join(dir, "process.json"),
  };
}
