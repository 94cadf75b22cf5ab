import type { Clock } from "@parley/core";
import type { EventBus } from "@parley/events";
import type { SystemDefinition } from "parleyjs";
import type { ResolvedConfig } from "./config/resolved-config.ts";
import type { Databases } from "./run/databases.ts";
import type { DisposalStack } from "./run/disposal-stack.ts";
import type { PartIdentity } from "./run/part-identity.ts";
import type { Telemetry } from "./run/telemetry.ts";

/** What the parts of one process share. */
export interface PartEnvironment {
  readonly system: SystemDefinition;
  /** The system's folder. */
  readonly directory: string;
  readonly config: ResolvedConfig;
  /** Whether this process runs one part only. */
  readonly alone: boolean;
  /** Where each part of the system listens. 0 is the unknown port of a part that runs in another process. */
  readonly ports: ReadonlyMap<string, number>;
  readonly telemetry: Telemetry;
  readonly databases: Databases;
  readonly identity: PartIdentity;
  /** The bus of each service that runs here and uses one. Services add theirs as they start. */
  readonly buses: Map<string, EventBus>;
  readonly closers: DisposalStack;
  readonly clock: Clock;
}
