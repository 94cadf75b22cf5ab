/**
 * Measures Parley and its peers side by side: `npm run bench -- rpc`, `npm run bench -- gateway`. See README.md.
 */
import { parseArgs } from "node:util";
import { formatCosts, measureCosts } from "./src/costs/bench-costs.ts";
import { BROKERS, eventContest } from "./src/events/bench-events.ts";
import { gatewayContest } from "./src/gateway/bench-gateway.ts";
import type { ContestPlan } from "./src/harness/contest.ts";
import { interleave } from "./src/harness/interleave.ts";
import { formatTable, formatVerdict, judge, toPlain, type Verdict, writeResults } from "./src/harness/report.ts";
import {
  allowedConnections,
  formatIdle,
  formatMemory,
  judgeMemory,
  MEMORY_PEERS,
  measureIdle,
  measureMemory,
} from "./src/memory/bench-memory.ts";
import { layersContest, rpcContest } from "./src/rpc/bench-rpc.ts";
import { RPC_CASES, type RpcCaseName } from "./src/rpc/cases.ts";
import { workContest } from "./src/work/bench-work.ts";

const CASES = Object.keys(RPC_CASES) as RpcCaseName[];

const USAGE = `Usage: npm run bench -- <rpc|gateway|events|memory|layers|costs> [options]

  --quick         short runs, for a first look; the figures are rough
  --case <a,b>    rpc: only these of ${CASES.join(", ")}
                  events: only these of ${BROKERS.join(", ")}, work
  --runs <n>      runs of each peer, of which the median counts (default 5; memory 3, quick 1)
  --seconds <s>   length of a run (default 3; quick 0.5)
  --peers <a,b>   only these
  --auth          gateway: every request carries a token that is verified
  --check         exit with 1 if a bar is missed
`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    case: { type: "string" },
    runs: { type: "string" },
    seconds: { type: "string" },
    peers: { type: "string" },
    auth: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const wantedPeers = flags.peers?.split(",");
const wanted = (peer: string): boolean => wantedPeers?.includes(peer) ?? true;
const length = flags.quick ? "quick" : "full";

const BENCHES: Readonly<Record<string, () => Promise<readonly Verdict[]>>> = {
  rpc: async () => {
    const verdicts: Verdict[] = [];
    for (const name of wantedCases())
      verdicts.push(...(await meet(`rpc-${name}`, rpcContest(name, { length, wanted }))));
    return verdicts;
  },
  gateway: () => meet("gateway", gatewayContest({ auth: flags.auth ? "on" : "off", wanted })),
  events: async () => {
    const cases = flags.case?.split(",");
    const verdicts: Verdict[] = [];
    for (const broker of BROKERS)
      if (cases?.includes(broker) ?? true)
        verdicts.push(...(await meet(`events-${broker}`, eventContest(broker, wanted))));
    if (cases?.includes("work") ?? true)
      verdicts.push(...(await meet("events-work", workContest({ jobs: flags.quick ? 2_000 : 20_000, wanted }))));
    return verdicts;
  },
  layers: () => meet("layers", layersContest(wanted)),
  memory: benchMemory,
  costs: async () => {
    print(formatCosts(await measureCosts(flags.quick ? 10_000 : 100_000)));
    return [];
  },
};

const [name = ""] = positionals;
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (flags.help || bench === undefined) {
  process.stdout.write(USAGE);
  process.exit(flags.help ? 0 : 2);
}
const verdicts = await bench();
if (flags.check && verdicts.some(({ passed }) => !passed)) process.exitCode = 1;

/** Starts everyone, measures them in turns and prints what came of it. */
async function meet(file: string, plan: ContestPlan): Promise<readonly Verdict[]> {
  const durationMs =
    flags.seconds === undefined ? (flags.quick ? 500 : 3_000) : positive("--seconds", flags.seconds) * 1_000;
  const settings = {
    runs: runsOr(5),
    durationMs,
    warmUpMs: flags.quick ? 1_000 : 3_000,
    inFlight: plan.inFlight,
    auth: flags.auth ? "on" : "off",
  };
  const { contestants, stop } = await plan.start();
  try {
    const results = await interleave(contestants, settings, showProgress);
    const verdicts = judge(results, plan.bars);
    return report(file, {
      title: plan.title,
      table: formatTable(results, plan.unit),
      verdicts,
      settings,
      measured: toPlain(results),
    });
  } finally {
    await stop();
  }
}

async function benchMemory(): Promise<readonly Verdict[]> {
  const wish = flags.quick ? 1_000 : 10_000;
  const counts = { connection: allowedConnections(wish), stream: wish };
  const peers = MEMORY_PEERS.filter(wanted);
  const runs = runsOr(flags.quick ? 1 : 3);
  const idle = await measureIdle(peers, runs, showProgress);
  const results = await measureMemory(peers, counts, runs, showProgress);
  const fewer = counts.connection < wish ? `; ${wish} would be more files than a process may open` : "";
  return report("memory", {
    title: `memory of ${counts.connection} idle connections and of ${counts.stream} open streams${fewer}`,
    table: `${formatIdle(idle)}\n\n${formatMemory(results)}`,
    verdicts: judgeMemory(results),
    settings: counts,
    measured: { idle, held: results },
  });
}

interface Report {
  readonly title: string;
  readonly table: string;
  readonly verdicts: readonly Verdict[];
  readonly settings: object;
  readonly measured: object;
}

function report(file: string, { title, table, verdicts, settings, measured }: Report): readonly Verdict[] {
  showProgress("");
  const path = writeResults(file, settings, { verdicts, runs: measured });
  print(`${title}\n`, table, "", ...verdicts.map(formatVerdict), `written to ${path}\n`);
  return verdicts;
}

function wantedCases(): readonly RpcCaseName[] {
  if (flags.case === undefined) return CASES;
  return flags.case.split(",").map((text) => {
    const known = CASES.find((name) => name === text);
    return known ?? refuse(`--case must be of ${CASES.join(", ")}, got ${JSON.stringify(text)}`);
  });
}

function runsOr(usual: number): number {
  return flags.runs === undefined ? usual : positive("--runs", flags.runs);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  return value > 0 && Number.isFinite(value)
    ? value
    : refuse(`${flag} must be a number above 0, got ${JSON.stringify(text)}`);
}

function refuse(fault: string): never {
  process.stderr.write(`${fault}\n`);
  process.exit(2);
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** One line that is written over, on a terminal alone. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
