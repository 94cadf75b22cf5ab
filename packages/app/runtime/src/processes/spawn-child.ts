import { type ChildProcess, spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { settleWithin } from "@parley/core/internal";
import type { FromChild, Plan, ToChild } from "./messages.ts";
import type { SourceSet } from "./source-set.ts";

/** How a child ended: an exit code or the signal that killed it, in words. */
export interface ChildEnd {
  readonly code: number | null;
  readonly description: string;
}

/** What a child tells when its parts answer. */
export type ChildReady = Extract<FromChild, { type: "ready" }>;

/** One process that runs something of the system. */
export interface Child {
  readonly pid: number | undefined;
  /** Resolves when all its parts answer, with undefined if it ended before. */
  readonly ready: Promise<ChildReady | undefined>;
  /** Resolves with its plan; with undefined if it ended without one. */
  readonly plan: Promise<Plan | undefined>;
  /** Resolves when the process is gone and its output has been read. */
  readonly ended: Promise<ChildEnd>;
  /** Asks it to finish what runs and end. After `graceMs` milliseconds, or at the signal's abort, it is cut off. */
  stop(limits: ChildStopLimits): Promise<ChildEnd>;
  /** Ends it at once. For the very end of the parent, where nothing can be awaited. */
  kill(): void;
}

export interface ChildStopLimits {
  readonly graceMs: number;
  readonly signal: AbortSignal;
  /** For the child's log. */
  readonly reason: string;
}

export interface SpawnOptions {
  readonly order: Extract<ToChild, { type: "start" }>;
  /** Told which sources the child was made from, each time it knows more. */
  readonly onSources: (sources: SourceSet) => void;
  /** Called when the reader of its output has closed the pipe. */
  readonly onUnread: () => void;
  /** Takes what it prints; undefined lets it print to the parent's own output. */
  readonly output: ((chunk: string, stream: "stdout" | "stderr") => void) | undefined;
}

/** A child keeps its grace itself, and then closes what is left; this is on top of it. */
const STOP_SLACK_MS = 2_000;
/** A child told to cut off has this long, then it is killed. */
const FORCED_STOP_MS = 2_000;

export function spawnChild({ order, output, onSources, onUnread }: SpawnOptions): Child {
  const process = start(order, output === undefined ? "inherit" : "pipe");
  const ready = Promise.withResolvers<ChildReady | undefined>();
  const plan = Promise.withResolvers<Plan | undefined>();
  const ended = Promise.withResolvers<ChildEnd>();

  const send = (message: ToChild): void => {
    if (process.connected) process.send(message, undefined, undefined, () => {});
  };
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream]?.setEncoding("utf8").on("data", (chunk: string) => output?.(chunk, stream));
  }
  process.on("message", (message: FromChild) => {
    if (message.type === "sources") onSources(message.sources);
    else if (message.type === "plan") plan.resolve(message.plan);
    else if (message.type === "unread") onUnread();
    else ready.resolve(message);
  });
  const end = (result: ChildEnd): void => {
    ready.resolve(undefined);
    plan.resolve(undefined);
    ended.resolve(result);
  };
  process.on("error", (error) => {
    if (process.pid === undefined) end({ code: null, description: `could not be started: ${error.message}` });
  });
  process.on("close", (code, signal) => {
    end({ code, description: signal === null ? `ended with exit code ${code}` : `was killed by ${signal}` });
  });
  send(order);

  return {
    pid: process.pid,
    ready: ready.promise,
    plan: plan.promise,
    ended: ended.promise,
    async stop({ graceMs, signal, reason }) {
      const cutOff = Promise.withResolvers<void>();
      const onAbort = (): void => cutOff.resolve();
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      send({ type: "stop", reason, graceMs });
      await settleWithin(Promise.race([ended.promise, cutOff.promise]), graceMs + STOP_SLACK_MS);
      send({ type: "force", reason });
      if ((await settleWithin(ended.promise, FORCED_STOP_MS)) === "timeout") process.kill("SIGKILL");
      signal.removeEventListener("abort", onAbort);
      return ended.promise;
    },
    kill: () => void process.kill("SIGKILL"),
  };
}

function start({ role }: SpawnOptions["order"], output: "inherit" | "pipe"): ChildProcess {
  // The same kind of file as this one: TypeScript in the repository, JavaScript as published.
  const extension = extname(import.meta.url);
  const main = fileURLToPath(new URL(`./child${extension}`, import.meta.url));
  const conditions = extension === ".ts" ? ["--conditions=@parley/source"] : [];
  // The role is an argument only so that a list of processes can be read.
  const title = role.kind === "part" ? role.name : role.kind;
  return spawn(globalThis.process.execPath, [...conditions, main, title], {
    stdio: ["ignore", output, output, "ipc"],
  });
}
