import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { KillableBroker } from "@parley/transport/testing";
import pg from "pg";
import { freePort } from "./free-port.ts";
import { untilStopped } from "./freeze-process.ts";
import { hasEnded } from "./has-ended.ts";

/** A server of a test's own. */
export interface OwnCluster extends KillableBroker {
  /** Kills it, and starts it again on the same port and data. */
  restart(): Promise<void>;
}

/** Where the programs of a server are; undefined if none is installed here. */
export function findServerPrograms(): string | undefined {
  const onPath = (process.env.PATH ?? "").split(":").map((folder) => join(folder, "postgres"));
  const found = [...onPath, ...globSync("/usr/lib/postgresql/*/bin/postgres").toSorted()].findLast((file) =>
    existsSync(file),
  );
  return found === undefined ? undefined : dirname(found);
}

const START_LIMIT_MS = 60_000;

export interface OwnClusterOptions {
  /** As in `postgresql.conf`: `max_connections=10`. */
  readonly settings?: readonly string[];
  /** The data of another server, which this one goes on with. Default a server without databases. */
  readonly data?: string;
}

export async function startOwnCluster(
  binDir: string,
  { settings = [], data: given }: OwnClusterOptions = {},
): Promise<OwnCluster> {
  const folder = await mkdtemp(join(tmpdir(), "parley-cluster-"));
  const owner = ownerOf();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = given ?? join(folder, "data");
  const initdb = ["-D", data, "-U", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "-N"];
  if (given === undefined) await promisify(execFile)(join(binDir, "initdb"), initdb, { cwd: folder, ...owner });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const args = ["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", "", ...settings.flatMap((one) => ["-c", one])];

  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(binDir, "postgres"), args, { cwd: folder, stdio: "ignore", ...owner });
    const giveUpAt = Date.now() + START_LIMIT_MS;
    while (!(await answers(url))) {
      if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error("the test's own PostgreSQL did not start");
    }
    return child;
  };
  const stop = async (child: ChildProcess): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGQUIT"); // an immediate shutdown: the log is replayed at the next start
    await ended;
  };

  let running: ChildProcess | undefined = await start();
  const kill = async (): Promise<void> => {
    const child = running;
    running = undefined;
    if (child) await stop(child);
  };
  const begin = async (): Promise<void> => {
    running = await start();
  };
  const thaw = (): void => {
    if (running?.pid !== undefined) thawServer(running.pid);
  };
  return {
    url,
    kill,
    start: begin,
    async restart() {
      await kill();
      await begin();
    },
    async freeze() {
      if (running?.pid !== undefined) await freezeServer(running.pid);
    },
    thaw,
    async remove() {
      thaw();
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server first, and then what it has started, each of which is a session of its own: a server that has stopped starts no more. */
async function freezeServer(pid: number): Promise<void> {
  if (!signalProcess(pid, "SIGSTOP")) return;
  await untilStopped([pid]);
  const children = childrenOf(pid);
  for (const child of children) signalProcess(child, "SIGSTOP");
  await untilStopped(children);
}

function thawServer(pid: number): void {
  if (!signalProcess(pid, "SIGCONT")) return;
  for (const child of childrenOf(pid)) signalProcess(child, "SIGCONT");
}

function childrenOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return children.filter((child) => child !== "").map(Number);
}

/** False if the process is gone, which one that serves a connection may be at any time. */
export function signalProcess(pid: number, name: "SIGSTOP" | "SIGCONT"): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}

/** PostgreSQL refuses to run as root; its package made a user for it. */
export function ownerOf(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
