import type { Backoff } from "@parley/core";
import { backoffDelayMs, systemRandom } from "@parley/core/internal";
import { includesPath, type SourceSet } from "./source-set.ts";
import type { Child, ChildEnd, ChildReady, ChildStopLimits } from "./spawn-child.ts";

/**
 * One place in a group of processes, which a child fills, and another after it.
 *
 * - *empty*: no child has started yet, or one has been stopped to make room for the next.
 * - *running*: a child is starting or answers.
 * - *waiting*: it died, and another starts after a while.
 * - *broken*: it cannot run as it is; another starts when a file has changed.
 * - *retired*: nothing starts any more. A child that is left goes on until it is stopped.
 */
type State =
  | { readonly name: "empty" }
  | { readonly name: "running"; readonly child: Child }
  | { readonly name: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly name: "broken" }
  | { readonly name: "retired"; readonly child: Child | undefined };

export interface Member {
  readonly name: string;
  readonly pid: number | undefined;
  /** What the child was made from, as far as it has told. */
  readonly sources: SourceSet | undefined;
  /** Resolves when its parts answer for the first time. */
  readonly ready: Promise<ChildReady>;
  start(): void;
  /** Whether a change of these files concerns it. One that is broken is mended by any change. */
  isTouchedBy(paths: ReadonlySet<string>): boolean;
  /** Stops the child and starts another. */
  restart(reason: string): Promise<void>;
  /** From now on starts no other child. The present one goes on: others may still need it. */
  retire(): void;
  /** Retires it and stops the child. Resolves with the child's end, if there was one. */
  stop(limits: ChildStopLimits): Promise<ChildEnd | undefined>;
}

export interface MemberOptions {
  readonly name: string;
  readonly spawn: (onSources: (sources: SourceSet) => void) => Child;
  readonly watch: boolean;
  /** Tells the person at the terminal. */
  readonly notice: (text: string) => void;
  /** Told when the sources may have changed. */
  readonly onSources: () => void;
  /** It cannot be kept up, and no file change can help. */
  readonly onGiveUp: () => void;
}

/** Fast enough that a slip is hardly seen, slow enough that a service that dies at once does no harm. */
const RESTART_BACKOFF: Backoff = { initialMs: 200, maxMs: 5_000, multiplier: 2, jitter: "none" };
/** A child that lived this long starts a new count. */
const STABLE_MS = 60_000;
/** Deaths in a row after which a member is given up: about half a minute of trying. */
const MAX_DEATHS = 10;
/** A restart waits this long for calls that run: nobody wants to wait for a stream. */
export const RESTART_GRACE_MS = 500;

export function createMember({ name, spawn, watch, notice, onSources, onGiveUp }: MemberOptions): Member {
  const ready = Promise.withResolvers<ChildReady>();
  let state: State = { name: "empty" };
  let sources: SourceSet | undefined;
  let deaths = 0;
  let starts = 0;

  const presentChild = (): Child | undefined =>
    state.name === "running" || state.name === "retired" ? state.child : undefined;

  const leave = (next: State): void => {
    if (state.name === "waiting") clearTimeout(state.timer);
    state = next;
  };

  const start = (): void => {
    if (state.name === "retired") return;
    const startedAtMs = performance.now();
    starts += 1;
    const again = starts > 1;
    const child = spawn((told) => {
      sources = told;
      onSources();
    });
    state = { name: "running", child };
    let answered = false;
    void child.ready.then((message) => {
      if (!message) return;
      answered = true;
      ready.resolve(message);
      if (again) notice(`${name} answers again after ${seconds(performance.now() - startedAtMs)}`);
    });
    void child.ended.then((end) => {
      if (presentChild() !== child) return;
      if (performance.now() - startedAtMs > STABLE_MS) deaths = 0;
      onDeath(end, answered);
    });
  };

  /** A first child that never answered will not do so the next time either; one that answered before may again. */
  const onDeath = ({ code, description }: ChildEnd, answered: boolean): void => {
    if (state.name === "retired") {
      if (code !== 0) notice(`${name} ${description}`);
      return;
    }
    deaths += 1;
    const hopeless = (!answered && deaths === 1) || deaths > MAX_DEATHS;
    if (hopeless && watch) {
      state = { name: "broken" };
      notice(`${name} ${description}; waiting for a change`);
    } else if (hopeless) {
      state = { name: "retired", child: undefined };
      notice(`${name} ${description}; giving up`);
      onGiveUp();
    } else {
      const delayMs = backoffDelayMs(RESTART_BACKOFF, deaths, systemRandom);
      notice(`${name} ${description}; starting it again in ${seconds(delayMs)}`);
      state = { name: "waiting", timer: setTimeout(start, delayMs) };
    }
  };

  return {
    name,
    get pid() {
      return presentChild()?.pid;
    },
    get sources() {
      return sources;
    },
    ready: ready.promise,
    start,
    isTouchedBy(paths) {
      const own = sources;
      return state.name === "broken" || (own !== undefined && [...paths].some((path) => includesPath(own, path)));
    },
    async restart(reason) {
      if (state.name === "retired") return;
      deaths = 0;
      const child = presentChild();
      leave({ name: "empty" });
      await child?.stop({ graceMs: RESTART_GRACE_MS, signal: new AbortController().signal, reason });
      start();
    },
    retire() {
      leave({ name: "retired", child: presentChild() });
    },
    async stop(limits) {
      const child = presentChild();
      leave({ name: "retired", child: undefined });
      return child?.stop(limits);
    },
  };
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
