import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { DEFAULT_CALL_POLICY } from "@parley/core/internal";
import { createChannel, createClient, createServer } from "@parley/rpc";
import { connectHttp2, connectNodeHttp2 } from "@parley/rpc/internal";
import { ENGINE_NAMES, type Engine, parseEngine } from "../engine.ts";
import { Dice } from "../fuzz/dice.ts";
import { liveBytes } from "../fuzz/heap.ts";
import { TestService } from "../gen/grpc/testing/test_pb.ts";
import { testService } from "../interop/test-service.ts";
import { type Suite, say } from "../suite.ts";
import { type Fate, soakCall } from "./soak-calls.ts";

/** Callers, each with one call at a time, on two channels. */
const CALLERS = 64;
const CHANNELS = 2;
/** The share of the time after which memory is measured first: code is compiled and tables are full by then. */
const WARM_UP = 0.3;
/** What a leak of a few bytes in each call would be over in a minute. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
/** What calls that have ended may leave behind in connections, tables and compiled code, whether or not it grows. */
const MAX_LEFT_BYTES = 48 * 1024 * 1024;
/** How long what has been closed may take to be gone. */
const GONE_WITHIN_MS = 10_000;

const OPTIONS = {
  seconds: { type: "string", default: "60" },
  minutes: { type: "string" },
  seed: { type: "string" },
  engine: { type: "string", default: "parley" },
} as const;

/** Calls without end: what is left of them afterwards must be nothing. */
export const soakSuite: Suite = {
  summary:
    "calls of every shape, 10 % cancelled and 5 % failing   [--seconds 60] [--minutes n] [--seed n] [--engine parley|node]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const seconds = values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60;
    if (!(seconds > 0)) throw new Error("--seconds and --minutes must be more than 0");
    const seed = values.seed === undefined ? randomInt(2 ** 32) : Number(values.seed);
    const engine = parseEngine(values.engine);
    say(`soak: ${ENGINE_NAMES[engine]}, ${seconds} s, seed ${seed}`);
    return soak(engine, seconds * 1_000, seed);
  },
};

async function soak(engine: Engine, durationMs: number, seed: number): Promise<boolean> {
  const handlesBefore = activeHandles();
  const server = createServer({ services: [testService], http2: engine });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const channels = Array.from({ length: CHANNELS }, () =>
    createChannel({
      target: `127.0.0.1:${port}`,
      connect: engine === "node" ? connectNodeHttp2 : connectHttp2,
      policy: () => DEFAULT_CALL_POLICY,
    }),
  );
  const clients = channels.map((channel) => createClient(TestService, channel));
  const counts: Record<Fate, number> = { ok: 0, fails: 0, cancelled: 0 };
  const bytesBefore = await liveBytes();
  let failure: unknown;

  /** Ends once every call has ended. */
  const callFor = async (phaseMs: number, phase: number): Promise<void> => {
    const endMs = performance.now() + phaseMs;
    const caller = async (number: number): Promise<void> => {
      const client = clients[number % CHANNELS] as (typeof clients)[number];
      const dice = Dice.ofCase(seed, "soak", phase * CALLERS + number);
      try {
        while (performance.now() < endMs && failure === undefined) counts[await soakCall(client, dice)] += 1;
      } catch (error) {
        failure ??= error;
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));
  };

  try {
    await callFor(durationMs * WARM_UP, 0);
    const warmBytes = await liveBytes();
    await callFor(durationMs * (1 - WARM_UP), 1);
    const growthBytes = (await liveBytes()) - warmBytes;
    const leftBytes = warmBytes - bytesBefore;
    const total = counts.ok + counts.fails + counts.cancelled;
    say(`${total.toLocaleString("en")} calls: ${counts.ok} ok, ${counts.fails} refused, ${counts.cancelled} cancelled`);
    say(`live memory grew by ${mebibytes(growthBytes)} MiB; at most ${mebibytes(MAX_GROWTH_BYTES)} are allowed`);
    say(`calls that had ended left ${mebibytes(leftBytes)} MiB; at most ${mebibytes(MAX_LEFT_BYTES)} are allowed`);
    if (failure !== undefined) say(`FAILED: ${String(failure)}`);
    if (growthBytes > MAX_GROWTH_BYTES) failure ??= new Error("memory grows");
    if (leftBytes > MAX_LEFT_BYTES) failure ??= new Error("calls that have ended are held");
  } finally {
    await Promise.all(channels.map((channel) => channel.close()));
    await server.drain({ graceMs: 1_000 });
  }
  const left = await handlesGone(handlesBefore);
  say(left.length === 0 ? "every handle is gone" : `LEFT: ${left.join(", ")}`);
  return failure === undefined && left.length === 0;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** Sockets, servers and timers that keep a process alive. */
function activeHandles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|HTTP/.test(name));
}

async function handlesGone(before: readonly string[]): Promise<readonly string[]> {
  const endMs = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const now = [...activeHandles()];
    for (const name of before) {
      const at = now.indexOf(name);
      if (at >= 0) now.splice(at, 1);
    }
    if (now.length === 0 || performance.now() > endMs) return now;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
