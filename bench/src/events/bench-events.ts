import { startChild } from "../harness/child.ts";
import type { ContestPlan } from "../harness/contest.ts";
import type { Contestant } from "../harness/interleave.ts";
import { newDatabase } from "../postgres-database.ts";
import { SERVERS } from "../servers.ts";
import type { EventCommands } from "./event-process.ts";
import { DATA_ALONE } from "./peer.ts";

export const BROKERS = ["postgres", "nats", "rabbitmq", "redis", "kafka"] as const;
export type Broker = (typeof BROKERS)[number];

const IN_FLIGHT = 256;
const PLAIN = "plain client";

/** Sent to handled on one broker: our bus, the same with outbox and inbox, and the broker's own client with the same message. */
export function eventContest(broker: Broker, wanted: (peer: string) => boolean): ContestPlan {
  return {
    title: `events over ${broker}: sent to handled, ${IN_FLIGHT} on their way`,
    unit: "events",
    inFlight: [IN_FLIGHT],
    bars: [{ peer: PLAIN, inFlight: IN_FLIGHT, of: "perSecond", ratio: 0.5 }],
    async start() {
      const database = await newDatabase(SERVERS.postgres, `parley_bench_events_${broker}`);
      const url = broker === "postgres" ? database.url : SERVERS[broker];
      const peers = [
        { name: "parley", module: "parley", variant: "bus" },
        { name: "parley, outbox and inbox", module: "parley", variant: "effects" },
        { name: PLAIN, module: broker, variant: "" },
        { name: `${PLAIN} (data alone)`, module: broker, variant: DATA_ALONE },
      ].filter(({ name }) => wanted(name));
      const closers: (() => Promise<void>)[] = [];
      const contestants: Contestant[] = [];
      for (const { name, module, variant } of peers) {
        const process = new URL("./event-process.ts", import.meta.url);
        const child = await startChild<EventCommands>(process, [module, url, variant, database.url]);
        contestants.push({ name, measure: (load) => child.ask("measure", load as never) });
        closers.push(async () => {
          await child.ask("close");
          await child.stop();
        });
      }
      return {
        contestants,
        async stop() {
          for (const close of closers) await close();
          await database.drop();
        },
      };
    },
  };
}
