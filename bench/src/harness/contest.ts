import type { Contestant, Plan } from "./interleave.ts";
import type { Bar } from "./report.ts";

/** Everything that runs for one comparison. */
export interface Contest {
  readonly contestants: readonly Contestant[];
  stop(): Promise<void>;
}

/** One comparison: who meets, in what, and what must come of it. */
export interface ContestPlan {
  readonly title: string;
  /** What is counted. */
  readonly unit: "calls" | "messages" | "events" | "jobs";
  readonly inFlight: Plan["inFlight"];
  readonly bars: readonly Bar[];
  start(): Promise<Contest>;
}
