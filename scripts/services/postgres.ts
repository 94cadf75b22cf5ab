import { chownSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { findProgram, runProgram } from "./run-program.ts";
import type { ServerCommand, ServerDefinition, ServerPlace } from "./server.ts";

const USER = "postgres";
const INIT_TIMEOUT_MS = 60_000;

/** Debian keeps the programs of each major version apart and off the PATH. */
function findBinDir(): string | undefined {
  const onPath = findProgram("postgres");
  if (onPath !== undefined) return dirname(onPath);
  const versions = globSync("/usr/lib/postgresql/*/bin/postgres").toSorted((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const newest = versions.at(-1);
  return newest === undefined ? undefined : dirname(newest);
}

/** PostgreSQL refuses to run as root; its package made a user for it. */
async function findOwner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> =>
    Number(await runProgram("id", [flag, USER], { timeoutMs: 5_000 }));
  return { uid: await id("-u"), gid: await id("-g") };
}

async function prepare({ dataDir, port }: ServerPlace): Promise<ServerCommand> {
  const binDir = findBinDir();
  if (binDir === undefined)
    throw new Error("PostgreSQL is installed, but its programs are nowhere under /usr/lib/postgresql");
  const owner = await findOwner();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(dataDir, owner.uid, owner.gid);
  const cluster = join(dataDir, "cluster");
  if (!existsSync(join(cluster, "PG_VERSION"))) {
    const passwordFile = join(dataDir, "password");
    writeFileSync(passwordFile, `${USER}\n`, { mode: 0o600 });
    if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
    const args = [
      "-D",
      cluster,
      "--username",
      USER,
      "--pwfile",
      passwordFile,
      "--auth",
      "scram-sha-256",
      "--encoding",
      "UTF8",
      "--locale",
      "C.UTF-8",
    ];
    await runProgram(join(binDir, "initdb"), args, { timeoutMs: INIT_TIMEOUT_MS, cwd: dataDir, owner });
    rmSync(passwordFile);
  }
  // TCP alone: the path of a socket would be held to a hundred characters.
  const args = ["-D", cluster, "-h", "127.0.0.1", "-p", String(port), "-k", "", "-c", "max_connections=200"];
  return { command: join(binDir, "postgres"), args, ...(owner && { owner }) };
}

function urlOf(port: number): string {
  return `postgres://${USER}:${USER}@127.0.0.1:${port}/postgres`;
}

async function probe(port: number, { timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
  const client = new pg.Client({
    connectionString: urlOf(port),
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on("error", () => {}); // a server that stops while we ask; the query itself rejects
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end();
  }
}

/** PostgreSQL with the superuser `postgres`, password `postgres`. */
export const postgres: ServerDefinition = {
  name: "postgres",
  defaultPort: 5432,
  address: (port) => ({ variable: "PARLEY_TEST_POSTGRES_URL", value: urlOf(port) }),
  missingPackages: () => (findBinDir() === undefined ? ["postgresql"] : []),
  prepare,
  probe,
};
