import type { ConfigFlags } from "../config/flags.ts";
import type { ShownRequest } from "../run/example-requests.ts";
import type { RunningPart } from "../run/running.ts";
import type { SourceSet } from "./source-set.ts";

/** What a child is for. */
export type ChildRole =
  /** Looks at the system, tells how to run it, and ends. Ports are chosen once; a later look must not try them. */
  | { readonly kind: "plan"; readonly ports: "choose" | "leave" }
  /** Runs the whole system and announces it. */
  | { readonly kind: "system" }
  /** Runs one part. */
  | { readonly kind: "part"; readonly name: string };

/** What the parent sends. */
export type ToChild =
  | {
      readonly type: "start";
      readonly directory: string;
      readonly role: ChildRole;
      readonly flags: ConfigFlags;
      /** Whether the parent watches files and wants to know which. */
      readonly watch: boolean;
      /** When the person typed the command, so that `ready in …` is what they waited: milliseconds since the epoch. */
      readonly startedAtMs: number;
    }
  | { readonly type: "stop"; readonly reason: string; readonly graceMs: number }
  | { readonly type: "force"; readonly reason: string };

/** What a child sends. A child that fails says why on its stderr, and exits. */
export type FromChild =
  | { readonly type: "sources"; readonly sources: SourceSet }
  | { readonly type: "plan"; readonly plan: Plan }
  /** What it prints has lost its reader. */
  | { readonly type: "unread" }
  | { readonly type: "ready"; readonly parts: readonly RunningPart[]; readonly drainMs: number };

/** How to run a system as several processes. Two plans that are equal need no new start. */
export interface Plan {
  readonly name: string;
  /** Names of parts that may start together, in the order to start. */
  readonly order: readonly (readonly string[])[];
  /** Where each part shall listen, as configured: 0 for any free port. */
  readonly configuredPorts: Readonly<Record<string, number>>;
  /** Where each part listens; no port is 0. Empty if ports were left. */
  readonly chosenPorts: Readonly<Record<string, number>>;
  readonly drainMs: number;
  readonly requests: readonly ShownRequest[];
  readonly tokens: "asked" | "none";
  readonly docs: Readonly<Record<string, "public" | "token" | "none">>;
  /** Where events go, for people; undefined if the definitions show none. */
  readonly events: string | undefined;
  /** The embedded log of events that the parent lends to the parts; undefined if they need none. */
  readonly eventLog: { readonly dataDir: string; readonly schema: string } | undefined;
  readonly logFormat: "json" | "pretty" | undefined;
  readonly metricsPort: number | undefined;
}
