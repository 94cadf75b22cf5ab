import { type Clock, systemClock, type Timer } from "@parley/core";
import {
  type AbortLike,
  addAbortListener,
  LinkedQueue,
  type QueueNode,
  removeAbortListener,
} from "@parley/core/internal";
import type { CloseOptions, Outcome } from "../event-transport.ts";

export interface KeyedExecutorOptions {
  /** Tasks that run at once. */
  readonly concurrency: number;
  /** Told of a task that rejects, which counts as `{ retryAfterMs: 1_000 }`. */
  readonly onRejected?: ((thrown: unknown) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface RunOptions {
  /** Gives up the task while it waits. A task that runs sees to its own signal. */
  readonly signal?: AbortLike | undefined;
}

/** How a task ended: `abandoned` was given up before it was done, and somebody else must do it. */
export type TaskEnd = "done" | "abandoned";

/**
 * Runs tasks, so many at once, those of one key one after the other in the order in which they were given. While a task
 * waits for its retry it holds its key but no place among the running. For adapters: what happens between a fetched
 * message and its acknowledgement.
 */
export interface KeyedExecutor {
  /** Runs until the task says `done`. Never rejects. Undefined is no key: such tasks wait for nobody. */
  run(key: string | undefined, task: () => Promise<Outcome>, options?: RunOptions): Promise<TaskEnd>;
  /** Tasks given and not ended: what bounds the fetching ahead. */
  readonly size: number;
  /** Resolves when `size` is below `limit`, or at close. */
  below(limit: number): Promise<void>;
  /** Abandons what waits, lets running tasks end (until the signal aborts: they too count as abandoned then). Idempotent. */
  close(options?: CloseOptions): Promise<void>;
}

/** After a task rejected: as the port says of handlers. */
const REJECTED_RETRY_MS = 1_000;

interface Task {
  readonly key: string | undefined;
  readonly work: () => Promise<Outcome>;
  readonly signal: AbortLike | undefined;
  /** Listens to the signal while the task does not run. */
  readonly onAbort: () => void;
  readonly onEnd: (how: TaskEnd) => void;
  state: "queued" | "running" | "held" | "ended";
  /** Among all, among those of its key, and among those that may begin. */
  place: QueueNode | undefined;
  inLine: QueueNode | undefined;
  inReady: QueueNode | undefined;
  timer: Timer | undefined;
}

interface Watcher {
  readonly limit: number;
  readonly resolve: () => void;
}

export function createKeyedExecutor(options: KeyedExecutorOptions): KeyedExecutor {
  const { concurrency, onRejected, clock = systemClock } = options;
  const all = new LinkedQueue<Task>();
  /** Of each key the tasks in order; the first one is at work, held, or next. */
  const lines = new Map<string, LinkedQueue<Task>>();
  const ready = new LinkedQueue<Task>();
  const watchers = new LinkedQueue<Watcher>();
  const idle = Promise.withResolvers<void>();
  let running = 0;
  let closing = false;

  function add(task: Task): void {
    task.place = all.push(task);
    if (task.key === undefined) makeReady(task);
    else {
      const line = lines.get(task.key) ?? new LinkedQueue();
      if (line.length === 0) lines.set(task.key, line);
      task.inLine = line.push(task);
      if (line.length === 1) makeReady(task);
    }
    startReady();
  }

  function makeReady(task: Task): void {
    task.inReady = ready.push(task);
  }

  function startReady(): void {
    while (running < concurrency) {
      const task = ready.shift();
      if (!task) return;
      if (task.signal?.aborted) end(task, "abandoned");
      else void work(task);
    }
  }

  async function work(task: Task): Promise<void> {
    running += 1;
    if (task.signal) removeAbortListener(task.signal, task.onAbort);
    task.state = "running";
    let outcome: Outcome;
    try {
      outcome = await task.work();
    } catch (thrown) {
      onRejected?.(thrown);
      outcome = { retryAfterMs: REJECTED_RETRY_MS };
    }
    running -= 1;
    if (outcome === "done") end(task, "done");
    else if (closing || task.signal?.aborted) end(task, "abandoned");
    else hold(task, outcome.retryAfterMs);
    startReady();
  }

  function hold(task: Task, retryAfterMs: number): void {
    task.state = "held";
    if (task.signal) addAbortListener(task.signal, task.onAbort);
    task.timer = clock.setTimer(retryAfterMs, () => {
      task.state = "queued";
      makeReady(task);
      startReady();
    });
  }

  function end(task: Task, how: TaskEnd): void {
    if (task.state === "ended") return;
    task.timer?.cancel();
    if (task.signal && task.state !== "running") removeAbortListener(task.signal, task.onAbort);
    task.state = "ended";
    task.place?.remove();
    task.inReady?.remove();
    leaveLine(task);
    task.onEnd(how);
    wakeWatchers();
  }

  function leaveLine(task: Task): void {
    const line = task.key === undefined ? undefined : lines.get(task.key);
    if (!line || task.key === undefined) return;
    const wasFirst = line.first === task;
    task.inLine?.remove();
    if (line.length === 0) lines.delete(task.key);
    else if (wasFirst && line.first) makeReady(line.first);
  }

  function wakeWatchers(): void {
    for (let left = watchers.length; left > 0; left--) {
      const watcher = watchers.shift() as Watcher;
      if (closing || all.length < watcher.limit) watcher.resolve();
      else watchers.push(watcher);
    }
    if (closing && all.length === 0) idle.resolve();
  }

  return {
    run(key, work, { signal } = {}) {
      if (closing || signal?.aborted) return Promise.resolve("abandoned");
      return new Promise((resolve) => {
        const onAbort = (): void => {
          end(task, "abandoned");
          // Who gives up a line does so one by one: the next of it must not begin before its own turn to be given up.
          queueMicrotask(startReady);
        };
        const places = { place: undefined, inLine: undefined, inReady: undefined };
        const task: Task = { key, work, signal, onAbort, onEnd: resolve, state: "queued", ...places, timer: undefined };
        add(task);
        if (signal && task.state === "queued") addAbortListener(signal, onAbort);
      });
    },
    get size() {
      return all.length;
    },
    below(limit) {
      if (closing || all.length < limit) return Promise.resolve();
      return new Promise((resolve) => void watchers.push({ limit, resolve }));
    },
    async close({ signal } = {}) {
      closing = true;
      const force = (): void => {
        for (const task of all.all()) end(task, "abandoned");
      };
      for (const task of all.all()) if (task.state !== "running") end(task, "abandoned");
      if (signal?.aborted) force();
      signal?.addEventListener("abort", force, { once: true });
      wakeWatchers();
      await idle.promise;
      signal?.removeEventListener("abort", force);
    },
  };
}
