import pg from "pg";
import { startChild } from "../harness/child.ts";
import type { ContestPlan } from "../harness/contest.ts";
import type { Contestant } from "../harness/interleave.ts";
import type { WorkCommands } from "./work-process.ts";

const POSTGRES_PEERS = ["parley", "graphile-worker", "pg-boss"] as const;
const DATABASE = "parley_bench_work";

export interface WorkServers {
  /** An administrator's address of a PostgreSQL server; a database is made there and dropped. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

/** Jobs stored beforehand, then worked, ten at once: Parley beside the queues on the same servers. */
export function workContest(
  { postgresUrl, redisUrl }: WorkServers,
  { jobs, wanted }: { readonly jobs: number; readonly wanted: (peer: string) => boolean },
): ContestPlan {
  return {
    title: `work queues: ${jobs} jobs that wait are worked, 10 at once (latency is the wait from the workers' start)`,
    unit: "jobs",
    inFlight: [jobs],
    bars: [
      { peer: "graphile-worker", inFlight: jobs, of: "perSecond", ratio: 1 },
      { peer: "pg-boss", inFlight: jobs, of: "perSecond", ratio: 1 },
    ],
    async start() {
      const closers: (() => Promise<unknown>)[] = [];
      const contestants: Contestant[] = [];
      for (const name of [...POSTGRES_PEERS, "bullmq"].filter(wanted)) {
        const database = `${DATABASE}_${name.replaceAll("-", "_")}`;
        const url = name === "bullmq" ? redisUrl : await newDatabase(postgresUrl, database);
        const child = await startChild<WorkCommands>(new URL("./work-process.ts", import.meta.url), [name, url]);
        contestants.push({ name, measure: ({ inFlight }) => child.ask("drain", inFlight as never) });
        closers.push(async () => {
          await child.ask("close");
          await child.stop();
          if (name !== "bullmq") await administer(postgresUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
        });
      }
      return {
        contestants,
        async stop() {
          for (const close of closers) await close();
        },
      };
    },
  };
}

async function newDatabase(postgresUrl: string, name: string): Promise<string> {
  await administer(postgresUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await administer(postgresUrl, `CREATE DATABASE ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
