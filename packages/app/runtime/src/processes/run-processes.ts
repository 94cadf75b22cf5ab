import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { settleWithin } from "@parley/core/internal";
import type { ConfigFlags } from "../config/flags.ts";
import type { ServedEventLog } from "../events/remote/serve-event-log.ts";
import { announce } from "../run/announce.ts";
import { reportFailure } from "../run/report-failure.ts";
import { type ExitCode, onStopSignals, type StopRequests } from "../run/serve-until-stopped.ts";
import { createChildren } from "./children.ts";
import { type OutputOptions, openOutput } from "./group-output.ts";
import type { Plan } from "./messages.ts";
import { createMemberGroup, type MemberGroup } from "./process-group.ts";
import { includesPath, type SourceSet } from "./source-set.ts";
import type { Child } from "./spawn-child.ts";
import { createMember, RESTART_GRACE_MS } from "./supervised-process.ts";
import { watchFiles } from "./watch-files.ts";

export interface ProcessOptions extends OutputOptions {
  /** `"together"`: one child runs the whole system; `"apart"`: one child for each part. */
  readonly layout: "together" | "apart";
  /** Whether a change of a file restarts what it touches. */
  readonly watch: boolean;
  /** Keeps generated code in step with the contracts. Default: a change of a contract does nothing. */
  readonly contracts?: (options: ContractKeeperOptions) => ContractKeeper;
  readonly flags?: ConfigFlags;
  /** When the person typed the command: milliseconds since the epoch. Default now. */
  readonly startedAtMs?: number;
  /** Where wishes to stop come from. Default the signals SIGINT and SIGTERM. */
  readonly listen?: (requests: StopRequests) => () => void;
}

/** Keeps the generated code of a system in step with its contracts while it runs for development. */
export interface ContractKeeper {
  /** The folders of the contracts, as they are now. */
  readonly sources: SourceSet;
  /** Reports generated code that does not match the contracts. Changes nothing, and never rejects. */
  check(): Promise<void>;
  /** Generates anew, and reports what was written or why nothing was. @returns false if the contracts are broken */
  generate(): Promise<boolean>;
}

export interface ContractKeeperOptions {
  /** The folder of the system. */
  readonly directory: string;
  /** Shows a text to the developer at the terminal. */
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A system that runs in child processes. */
export interface ProcessGroup {
  /** Resolves when every part has answered; never, if that does not happen. */
  readonly ready: Promise<void>;
  /** Resolves when every child is gone. 0: told to stop and all finished. 1: failed, or cut off. */
  readonly ended: Promise<ExitCode>;
  /** The process that now runs a part (`system`, if they run together), if one does. */
  pidOf(name: string): number | undefined;
}

/** How long a child that has not told its drain time is given. */
const UNTOLD_DRAIN_MS = 10_000;
/** Those that were lent it have gone by then. */
const LENT_CLOSE_MS = 5_000;
const GOES_ON = "what was running goes on; waiting for the next change";
const CHANGED = "a file has changed";

/**
 * Runs a system in child processes and keeps it up. A child that dies is started again. A change of a file restarts
 * what it touches, once the changed system can be loaded; until then, what was running goes on. The system's code is
 * loaded in children alone. However this process ends, so do its children.
 */
export function runProcesses(system: { readonly directory: string }, options: ProcessOptions): ProcessGroup {
  const directory = resolve(system.directory);
  const { layout, watch, flags = {}, startedAtMs = Date.now(), listen = onStopSignals } = options;
  const output = openOutput(options);
  const ready = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const onUnread = (): void => stopping.abort();
  const children = createChildren({ directory, flags, watch, startedAtMs, output, onUnread });
  const force = new AbortController();
  let failed = false;
  let group: MemberGroup | undefined;
  let plan: Plan | undefined;
  let planSources: SourceSet = { files: [join(directory, "system.ts")], folders: [] };
  let drainMs = UNTOLD_DRAIN_MS;
  let lentLog: ServedEventLog | undefined;
  /** Launches, restarts and the stop take turns: no two change the group at once. */
  let turn: Promise<void> = Promise.resolve();

  const takeTurn = (work: () => Promise<void> | void): void => {
    turn = turn.then(() => (stopping.signal.aborted ? undefined : work()));
  };
  const giveUp = (): void => {
    failed = true;
    stopping.abort();
  };
  const contracts = options.contracts?.({ directory, notice: output.notice, signal: stopping.signal });
  const watcher = watch ? watchFiles((paths) => takeTurn(() => applyChange(paths))) : undefined;
  const follow = (): void => {
    const own = group?.members.flatMap(({ sources }) => sources ?? []) ?? [];
    if (!stopping.signal.aborted) watcher?.follow([planSources, ...(contracts ? [contracts.sources] : []), ...own]);
  };
  const look = (ports: "choose" | "leave"): Promise<Plan | undefined> =>
    children.look(ports, stopping.signal, (sources) => {
      planSources = sources;
      follow();
    });
  const createGroup = (
    order: readonly (readonly string[])[],
    start: (name: string, onSources: (sources: SourceSet) => void) => Child,
  ): MemberGroup =>
    createMemberGroup(order, (name) =>
      createMember({
        name,
        watch,
        spawn: (onSources) => start(name, onSources),
        notice: output.notice,
        onSources: follow,
        onGiveUp: giveUp,
      }),
    );

  const lendEvents = async ({ eventLog }: Plan): Promise<string | undefined> => {
    if (!eventLog) return;
    const { serveEventLog } = await import("../events/remote/serve-event-log.ts");
    lentLog ??= await serveEventLog(eventLog);
    return lentLog.url;
  };

  const launch = async (): Promise<void> => {
    const launchedAtMs = plan ? Date.now() : startedAtMs;
    if (layout === "apart") {
      const found = await look("choose");
      if (stopping.signal.aborted) return;
      if (!found) return watch ? output.notice("waiting for a change") : giveUp();
      plan = found;
      const eventsUrl = await lendEvents(found).catch((error: unknown): undefined => {
        reportFailure(error);
        giveUp();
      });
      if (stopping.signal.aborted) return;
      group = createGroup(found.order, (name, onSources) => children.startPart(name, found, { eventsUrl, onSources }));
    } else {
      group = createGroup([["system"]], (_name, onSources) => children.startSystem(onSources));
    }
    follow();
    const launched = group;
    void launched.start().then(async () => {
      const told = await Promise.all(launched.members.map((member) => member.ready));
      drainMs = Math.max(...told.map((one) => one.drainMs));
      const startedInMs = Date.now() - launchedAtMs;
      // A system that runs together announces itself.
      if (plan) output.write(announce({ ...plan, parts: told.flatMap(({ parts }) => parts), startedInMs }));
      ready.resolve();
    });
  };

  const applyChange = async (paths: ReadonlySet<string>): Promise<void> => {
    if (contracts && [...paths].some((path) => path.endsWith(".proto") && includesPath(contracts.sources, path))) {
      const isSound = await contracts.generate();
      follow(); // a contract may have come in a new folder
      if (stopping.signal.aborted) return;
      if (!isSound) return output.notice(group ? GOES_ON : "waiting for a change");
    }
    if (!group) return launch();
    const touched = group.members.filter((member) => member.isTouchedBy(paths));
    if (touched.length === 0) return;
    const next = await look("leave");
    if (stopping.signal.aborted) return;
    if (!next) return output.notice(GOES_ON);
    if (plan && !isDeepStrictEqual({ ...plan, chosenPorts: {} }, next)) {
      output.notice(`${CHANGED}, restarting the system`);
      await group.stop({ graceMs: RESTART_GRACE_MS, signal: force.signal, reason: CHANGED });
      group = undefined;
      return launch();
    }
    output.notice(`${CHANGED}, restarting ${touched.map(({ name }) => name).join(", ")}`);
    await Promise.all(touched.map((member) => member.restart(CHANGED)));
  };

  const run = async (): Promise<ExitCode> => {
    const stopped = Promise.withResolvers<void>();
    stopping.signal.addEventListener("abort", () => stopped.resolve(), { once: true });
    const unlisten = listen({ stop: () => stopping.abort(), force: () => force.abort() });
    process.on("exit", children.killAll);
    takeTurn(launch);
    const checked = contracts
      ?.check()
      .catch((error: unknown) =>
        output.notice(`the contracts cannot be checked: ${error instanceof Error ? error.message : String(error)}`),
      );
    await stopped.promise;
    watcher?.close();
    group?.retire();
    await Promise.all([turn, checked]);
    const limits = { graceMs: drainMs, signal: force.signal, reason: "the system stops" };
    const outcome = (await group?.stop(limits)) ?? "drained";
    if (lentLog && (await settleWithin(lentLog.close(), LENT_CLOSE_MS)) === "timeout") {
      output.notice("the log of events did not close in time");
    }
    output.end();
    process.off("exit", children.killAll);
    unlisten();
    return failed || outcome === "forced" ? 1 : 0;
  };

  return {
    ready: ready.promise,
    ended: run(),
    pidOf: (name) => group?.members.find((member) => member.name === name)?.pid,
  };
}
