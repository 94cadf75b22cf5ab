import { randomInt } from "node:crypto";
import { inspect, parseArgs } from "node:util";
import { type Suite, say } from "../suite.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { FUZZ_TARGETS } from "./fuzz-targets.ts";
import { liveBytes } from "./heap.ts";
import { recordCorpus } from "./record-corpus.ts";
import { reproduceWith } from "./reproduce.ts";
import { catchStrays, type Finding, runCase, type Strays } from "./run-case.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

/** More than the caches of code and of contracts take once warm, and far less than a leak of a few bytes in each case. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
/** The share of a target's time after which its memory is measured first. */
const WARM_UP = 0.3;
/** Synchronous cases between two turns of the event loop. */
const BATCH = 64;

interface Run {
  readonly target: FuzzTarget;
  readonly index: number;
  readonly seed: number;
  readonly durationMs: number;
  readonly strays: Strays;
  readonly watchdog: Watchdog;
}

interface Outcome {
  readonly cases: number;
  readonly growthBytes: number;
  readonly finding: Finding | undefined;
}

/** Runs cases until the time is over, or one finds something. */
async function runTarget({ target, index, seed, durationMs, strays, watchdog }: Run): Promise<Outcome> {
  const startMs = performance.now();
  let warmBytes: number | undefined;
  for (let number = 0; ; number++) {
    const share = (performance.now() - startMs) / durationMs;
    if (share > WARM_UP) warmBytes ??= await liveBytes();
    if (share > 1 && warmBytes !== undefined) {
      return { cases: number, growthBytes: (await liveBytes()) - warmBytes, finding: undefined };
    }
    watchdog.beat(index, number);
    const finding = await runCase(target, { seed, number }, strays);
    if (finding) return { cases: number + 1, growthBytes: 0, finding };
    if (number % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function report(finding: Finding): void {
  const { input, error } = finding;
  say(`FOUND  ${finding.target}: ${inspect(error)}`);
  say(`  input (${input.length} bytes): ${input.toString("hex", 0, 2_000)}`);
  say(`  ${reproduceWith(finding)}`);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} must be a whole number from 0, got ${JSON.stringify(text)}`);
}

const OPTIONS = {
  seconds: { type: "string", default: "120" },
  seed: { type: "string" },
  target: { type: "string" },
  case: { type: "string" },
  record: { type: "boolean", default: false },
} as const;

export const fuzzSuite: Suite = {
  summary: "noise against all that reads the wire   [--seconds 120] [--seed n] [--target name] [--case n] [--record]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.record) {
      await recordCorpus();
      return true;
    }
    const targets = FUZZ_TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
    if (targets.length === 0) {
      throw new Error(`no target ${values.target}; there is: ${FUZZ_TARGETS.map(({ name }) => name).join(", ")}`);
    }
    const seed = values.seed === undefined ? randomInt(2 ** 32) : wholeNumber("seed", values.seed);
    using strays = catchStrays();
    if (values.case !== undefined) {
      const number = wholeNumber("case", values.case);
      const findings = await Promise.all(targets.map((target) => runCase(target, { seed, number }, strays)));
      for (const finding of findings) if (finding) report(finding);
      return findings.every((finding) => finding === undefined);
    }

    say(`fuzz: seed ${seed}`);
    const durationMs = (wholeNumber("seconds", values.seconds) * 1_000) / targets.length;
    const names = targets.map(({ name }) => name);
    const watchdog = startWatchdog(seed, names);
    let isSound = true;
    for (const [index, target] of targets.entries()) {
      const { cases, growthBytes, finding } = await runTarget({ target, index, seed, durationMs, strays, watchdog });
      const grows = growthBytes > MAX_GROWTH_BYTES;
      if (finding) report(finding);
      const growth = `live memory ${growthBytes < 0 ? "" : "+"}${(growthBytes / 2 ** 20).toFixed(1)} MiB`;
      const verdict = finding ? "FAILED" : grows ? "GROWS" : "ok";
      say(`${target.name.padEnd(20)} ${cases.toLocaleString("en").padStart(10)} cases, ${growth}  ${verdict}`);
      isSound &&= !finding && !grows;
    }
    await watchdog.stop();
    return isSound;
  },
};
