import type { Ordering } from "@parley/transport";
import { connect } from "../src/connect.ts";

const [url = "", topic = "", ordering = "key"] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const transport = await connect({ url, clientName: "member", topics: [] });
await transport.subscribe(
  {
    topics: [topic],
    group: "group",
    from: "latest",
    concurrency: 1,
    ordering: ordering as Ordering,
    acknowledgeWithinMs: 2_000,
  },
  async ({ envelope, signal }) => {
    say(`start ${envelope.id}`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    say(`aborted ${envelope.id}`);
    return "done";
  },
);
say("ready");
