import type { Entry } from "./envelope-headers.ts";
import type { Claim, Holdings } from "./holdings.ts";
import type { Session } from "./link.ts";

/** One member's reading of one topic for its group; by lease where there is order, else shared. */
export interface Reader {
  readonly topic: string;
  readonly holdings: Holdings;
  /** What is the member's to handle next, at most `count`. */
  fetch(session: Session, count: number): Promise<Fetched>;
  /** Says that the member lives and what it still works on. */
  beat(session: Session | undefined): Promise<void>;
  /** Acknowledges; refused, and dropped, for what is no longer the member's. */
  acknowledge(session: Session, claims: readonly Claim[]): Promise<void>;
  /** Gives back what is not settled, for others to take at once. */
  leave(session: Session): Promise<void>;
}

export interface Fetched {
  readonly entries: readonly Entry[];
  /** There may be more at once. */
  readonly more: boolean;
  /** What comes after this id is new. Undefined: another member reads now. */
  readonly waitFrom: string | undefined;
}

export interface ReaderOptions {
  readonly topic: string;
  readonly group: string;
  /** Unique among the members of all groups, in all processes. */
  readonly member: string;
  /** A member that is silent for this long has lost what it holds. */
  readonly holdMs: number;
}
