import type { Logger } from "@parley/core";
import type { BusLag } from "@parley/events";
import type { ResolvedConfig } from "../config/resolved-config.ts";

/** How a stop may end: everything finished, or something was cut off. */
export type StopOutcome = "drained" | "forced";

export interface StopLimits {
  readonly graceMs: number;
  /** Its abort ends the grace at once. */
  readonly signal: AbortSignal;
}

/** A part that answers. */
export interface RunningPart {
  readonly name: string;
  readonly kind: "service" | "gateway";
  /** `localhost:50051` for a service, `http://localhost:3000` for a gateway. */
  readonly address: string;
  readonly port: number;
}

/** A system, or those of its parts that run in this process. */
export interface RunningSystem {
  readonly name: string;
  readonly config: ResolvedConfig;
  readonly parts: readonly RunningPart[];
  /** Writes with the system's name. */
  readonly log: Logger;
  /** What waits on the bus of each service that runs here and has one. */
  lag(): Promise<ReadonlyMap<string, BusLag>>;
  /**
   * Takes no new work, finishes what runs within `graceMs` (default the drain time of the policy), closes everything. The gateway ends
   * first, then each service after its callers, then the databases. Idempotent: later calls share the first's outcome,
   * and their signal counts too. Never rejects; what could not be closed is logged.
   */
  stop(options?: Partial<StopLimits>): Promise<StopOutcome>;
}
