import type { ConfigFlags } from "../config/flags.ts";
import type { GroupOutput } from "./group-output.ts";
import type { ChildRole, Plan } from "./messages.ts";
import type { SourceSet } from "./source-set.ts";
import { type Child, spawnChild } from "./spawn-child.ts";

/** The child processes of one parent: none outlives it. */
export interface Children {
  /** Starts a child that runs the whole system and prints to the parent's own output. */
  startSystem(onSources: (sources: SourceSet) => void): Child;
  /** Starts a child that runs one part as planned. */
  startPart(name: string, plan: Plan, options: PartOptions): Child;
  /**
   * Has a child look at the system as its files are now. Undefined if it cannot be loaded, which the child has
   * explained, or if the signal aborted.
   */
  look(
    ports: "choose" | "leave",
    signal: AbortSignal,
    onSources: (sources: SourceSet) => void,
  ): Promise<Plan | undefined>;
  /** Ends all at once: for the very end of the parent, where nothing can be awaited. */
  killAll(): void;
}

export interface PartOptions {
  /** Where events go, if that is not as configured. */
  readonly eventsUrl: string | undefined;
  readonly onSources: (sources: SourceSet) => void;
}

export interface ChildrenOptions {
  readonly directory: string;
  readonly flags: ConfigFlags;
  readonly watch: boolean;
  /** When the person typed the command; what starts later counts from its own start. */
  readonly startedAtMs: number;
  readonly output: GroupOutput;
  /** Called when the reader of the children's output has closed the pipe. */
  readonly onUnread: () => void;
}

export function createChildren(options: ChildrenOptions): Children {
  const { directory, flags, watch, startedAtMs, output, onUnread } = options;
  const living = new Set<Child>();
  let waitedFromMs = startedAtMs;

  const spawn = (
    role: ChildRole,
    childFlags: ConfigFlags,
    onSources: (sources: SourceSet) => void,
    print?: (chunk: string, stream: "stdout" | "stderr") => void,
  ): Child => {
    const child = spawnChild({
      order: { type: "start", directory, role, flags: childFlags, watch, startedAtMs: waitedFromMs },
      onSources,
      onUnread,
      output: print,
    });
    living.add(child);
    void child.ended.then(() => living.delete(child));
    return child;
  };

  return {
    startSystem(onSources) {
      const child = spawn({ kind: "system" }, flags, onSources);
      void child.ended.then(() => {
        waitedFromMs = Date.now();
      });
      return child;
    },
    startPart(name, plan, { eventsUrl, onSources }) {
      return spawn(
        { kind: "part", name },
        partFlags(flags, name, plan, eventsUrl),
        onSources,
        output.linesOf(name, plan.order.flat()),
      );
    },
    async look(ports, signal, onSources) {
      const child = spawn({ kind: "plan", ports }, flags, onSources, output.write);
      const onAbort = (): void => child.kill();
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      const plan = await child.plan;
      await child.ended;
      signal.removeEventListener("abort", onAbort);
      return plan;
    },
    killAll() {
      for (const child of living) child.kill();
    },
  };
}

/**
 * Ports are those of the plan; metrics are served on the given port for the first part, and on the next for each part
 * after it. Children print to a pipe, so what a terminal would change is said to them.
 */
function partFlags(flags: ConfigFlags, name: string, plan: Plan, eventsUrl: string | undefined): ConfigFlags {
  const { chosenPorts, logFormat, metricsPort } = plan;
  const pretty = logFormat === undefined && process.stdout.isTTY === true;
  return {
    ...flags,
    ports: chosenPorts,
    settings: {
      ...flags.settings,
      ...(pretty && { LOG_FORMAT: "pretty" }),
      ...(eventsUrl !== undefined && { EVENTS_URL: eventsUrl }),
      ...(metricsPort !== undefined && { METRICS_PORT: metricsPortOf(name, plan, metricsPort) }),
    },
  };
}

function metricsPortOf(name: string, { order }: Plan, first: number): string {
  return String(first === 0 ? 0 : first + order.flat().indexOf(name));
}
