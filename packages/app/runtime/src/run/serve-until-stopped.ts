import { type Logger, ParleyError } from "@parley/core";
import { logWarnings } from "./log-warnings.ts";
import type { RunningSystem } from "./running.ts";
import { STOP_SIGNALS } from "./stop-signals.ts";

/** 0: told to stop and everything finished. 1: could not start, failed, or was cut off. */
export type ExitCode = 0 | 1;

/**
 * A terminal signals the whole process group, and `npm` and other wrappers pass the signal on once more: what follows
 * within this time is the same wish.
 */
const SAME_WISH_MS = 500;

/** How long a start may go on after a stop signal while its drain limit is not known yet: the server it waits for may be silent. */
const START_GRACE_MS = 10_000;

export interface StopWish {
  /** For the log. */
  readonly reason: string;
  /** Default the drain time of the policy. */
  readonly graceMs?: number;
}

/** Who is told. */
export interface StopRequests {
  /** Told once, at the first wish to stop. */
  readonly stop: (wish: StopWish) => void;
  /** Told at a second wish: cut off what still runs. */
  readonly force: (reason: string) => void;
}

/**
 * Turns signals into wishes to stop: the first asks, a later one forces.
 * @returns takes the listeners away again.
 */
export function onStopSignals({ stop, force }: StopRequests): () => void {
  let askedAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (askedAtMs === undefined) {
      askedAtMs = nowMs;
      stop({ reason: signal });
    } else if (nowMs - askedAtMs > SAME_WISH_MS) {
      force(signal);
      // What does not even end now is ended by the system, at the next signal.
      unlisten();
    }
  };
  const unlisten = (): void => {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return unlisten;
}

export interface ServeOptions {
  /** Where wishes to stop come from. Default the signals SIGINT and SIGTERM of this process. */
  readonly listen?: (requests: StopRequests) => () => void;
  /** Told when the system is up. */
  readonly onReady?: (running: RunningSystem) => void;
  /** Where a failure before the system has its own log is reported. */
  readonly onStartFailure: (error: unknown) => void;
}

/**
 * Owns the life of a process: starts, waits for the wish to stop, stops. A defect that nobody caught (an unhandled
 * rejection, an uncaught exception) is logged and ends the process the same drained way, with exit code 1.
 * A wish that comes during the start is obeyed when the start is over, or has used up the grace; a forced one at once.
 */
export async function serveUntilStopped(start: () => Promise<RunningSystem>, options: ServeOptions): Promise<ExitCode> {
  const { listen = onStopSignals, onReady, onStartFailure } = options;
  const asked = Promise.withResolvers<StopWish>();
  const force = new AbortController();
  let exitCode: ExitCode = 0;
  let log: Logger | undefined;

  const onDefect = (error: unknown, origin: string): void => {
    exitCode = 1;
    if (log) log.error({ err: error, origin }, "a defect that nothing caught ends this process");
    else onStartFailure(error);
    asked.resolve({ reason: origin });
  };
  process.on("uncaughtException", onDefect);
  const warnings = logWarnings();
  const unlisten = listen({ stop: asked.resolve, force: () => force.abort() });
  let startLimit: NodeJS.Timeout | undefined;
  let isStarting = true;
  void asked.promise.then(({ graceMs = START_GRACE_MS }) => {
    if (isStarting) startLimit = setTimeout(() => force.abort(), graceMs);
  });
  try {
    const running = await startUnlessForced(start, force.signal).finally(() => {
      isStarting = false;
      clearTimeout(startLimit);
    });
    log = running.log;
    warnings.to(log);
    onReady?.(running);
    const { reason, ...limits } = await asked.promise;
    log.info({ reason }, "stopping");
    if ((await running.stop({ ...limits, signal: force.signal })) === "forced") exitCode = 1;
  } catch (error) {
    exitCode = 1;
    onStartFailure(error);
  } finally {
    unlisten();
    warnings.end();
    process.off("uncaughtException", onDefect);
  }
  return exitCode;
}

/** A start that was cut off may still end well: then what it started is closed behind the caller's back. */
async function startUnlessForced(start: () => Promise<RunningSystem>, signal: AbortSignal): Promise<RunningSystem> {
  const forced = Promise.withResolvers<never>();
  const onAbort = (): void => forced.reject(new ParleyError("CANCELLED", "the start was cut off"));
  signal.addEventListener("abort", onAbort, { once: true });
  const starting = start();
  try {
    return await Promise.race([starting, forced.promise]);
  } catch (error) {
    if (signal.aborted) starting.then((running) => running.stop({ graceMs: 0 })).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
