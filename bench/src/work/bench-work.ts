import { startChild } from "../harness/child.ts";
import type { ContestPlan } from "../harness/contest.ts";
import type { Contestant } from "../harness/interleave.ts";
import { newDatabase } from "../postgres-database.ts";
import { SERVERS } from "../servers.ts";
import type { WorkCommands } from "./work-process.ts";

const POSTGRES_PEERS = ["parley", "graphile-worker", "pg-boss"] as const;
const DATABASE = "parley_bench_work";

/** Jobs stored beforehand, then worked, ten at once: Parley beside the queues on the same servers. */
export function workContest({
  jobs,
  wanted,
}: {
  readonly jobs: number;
  readonly wanted: (peer: string) => boolean;
}): ContestPlan {
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
        const own = name === "bullmq" ? undefined : await newDatabase(SERVERS.postgres, database);
        const child = await startChild<WorkCommands>(new URL("./work-process.ts", import.meta.url), [
          name,
          own?.url ?? SERVERS.redis,
        ]);
        contestants.push({ name, measure: ({ inFlight }) => child.ask("drain", inFlight as never) });
        closers.push(async () => {
          await child.ask("close");
          await child.stop();
          await own?.drop();
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
