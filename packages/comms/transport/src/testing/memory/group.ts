import { type Clock, ParleyError, type Timer } from "@parley/core";
import type { Ordering } from "../../capabilities.ts";
import type { DeliveryHandler, Outcome } from "../../event-transport.ts";
import type { LogEntry } from "./broker.ts";

/** One consumer of a group. */
export interface Member {
  readonly handler: DeliveryHandler;
  readonly concurrency: number;
  readonly acknowledgeWithinMs: number;
  readonly onRejected: (thrown: unknown) => void;
  readonly running: Set<Lease>;
  /** One for each of its topics: they share what the member can run at once. */
  readonly groups: Set<MemoryGroup>;
  /** Takes nothing new, and leaves when nothing runs. */
  closing: boolean;
  /** Called, and forgotten, when nothing runs any more. */
  readonly onIdle: Set<() => void>;
}

interface Pending {
  readonly entry: LogEntry;
  /** What it must not overtake. */
  readonly line: string | undefined;
  attempt: number;
  retry?: Timer;
}

/** A delivery that a member holds; it counts until it is taken back. */
interface Lease {
  readonly group: MemoryGroup;
  readonly pending: Pending;
  readonly member: Member;
  readonly controller: AbortController;
  timer?: Timer;
}

const REJECTED_RETRY_MS = 1_000;

/** What a group has still to handle of one topic, and who is at it. */
export class MemoryGroup {
  readonly topic: string;
  readonly #ordering: Ordering;
  readonly #clock: Clock;
  readonly #members = new Set<Member>();
  readonly #pending = new Set<Pending>();
  readonly #lines = new Map<string, Set<Pending>>();
  readonly #ready = new Set<Pending>();
  #up: boolean;

  constructor(topic: string, { ordering, clock, up }: { ordering: Ordering; clock: Clock; up: boolean }) {
    this.topic = topic;
    this.#ordering = ordering;
    this.#clock = clock;
    this.#up = up;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(entry: LogEntry): void {
    const pending: Pending = { entry, line: this.#lineOf(entry), attempt: 0 };
    this.#pending.add(pending);
    if (pending.line === undefined) {
      this.#ready.add(pending);
      return;
    }
    const line = this.#lines.get(pending.line) ?? new Set();
    this.#lines.set(pending.line, line.add(pending));
    if (line.size === 1) this.#ready.add(pending);
  }

  #lineOf({ topic, envelope }: LogEntry): string | undefined {
    if (this.#ordering === "topic") return topic;
    return this.#ordering === "key" && envelope.key !== undefined ? `${topic} ${envelope.key}` : undefined;
  }

  join(member: Member): void {
    this.#members.add(member);
    member.groups.add(this);
    this.dispatch();
  }

  leave(member: Member): void {
    this.#members.delete(member);
    for (const lease of member.running) if (lease.group === this) this.#takeBack(lease, "the consumer was closed");
    this.dispatch();
  }

  stop(): void {
    this.#up = false;
    for (const member of this.#members) {
      for (const lease of member.running) {
        if (lease.group === this) this.#takeBack(lease, "the memory broker was stopped");
      }
    }
  }

  start(): void {
    this.#up = true;
    this.dispatch();
  }

  dispatch(): void {
    if (!this.#up) return;
    for (const pending of this.#ready) {
      const [idlest] = [...this.#members]
        .filter((member) => !member.closing && member.running.size < member.concurrency)
        .sort((a, b) => a.running.size - b.running.size);
      if (!idlest) return;
      this.#ready.delete(pending);
      void this.#deliver(pending, idlest);
    }
  }

  async #deliver(pending: Pending, member: Member): Promise<void> {
    const { topic, offset, envelope } = pending.entry;
    const lease: Lease = { group: this, pending, member, controller: new AbortController() };
    member.running.add(lease);
    pending.attempt += 1;
    lease.timer = this.#clock.setTimer(member.acknowledgeWithinMs, () => {
      this.#takeBack(lease, `it was not acknowledged within ${member.acknowledgeWithinMs} ms`);
      this.dispatch();
    });
    const { attempt } = pending;
    const { signal } = lease.controller;
    const position = { log: topic, offset };
    let outcome: Outcome;
    try {
      outcome = await member.handler({ topic, envelope, attempt, position, signal });
    } catch (thrown) {
      member.onRejected(thrown);
      outcome = { retryAfterMs: REJECTED_RETRY_MS };
    }
    if (!member.running.has(lease)) return;
    this.#release(lease);
    if (outcome === "done") this.#done(pending);
    else {
      pending.retry = this.#clock.setTimer(outcome.retryAfterMs, () => {
        this.#ready.add(pending);
        this.dispatch();
      });
    }
    for (const group of member.groups) group.dispatch();
  }

  #release(lease: Lease): void {
    lease.timer?.cancel();
    lease.member.running.delete(lease);
    if (lease.member.running.size > 0) return;
    for (const idle of lease.member.onIdle) idle();
    lease.member.onIdle.clear();
  }

  #takeBack(lease: Lease, why: string): void {
    if (!lease.member.running.has(lease)) return;
    this.#ready.add(lease.pending);
    lease.controller.abort(new ParleyError("ABORTED", `the event goes to another consumer: ${why}`));
    this.#release(lease);
  }

  #done(pending: Pending): void {
    this.#pending.delete(pending);
    const line = pending.line === undefined ? undefined : this.#lines.get(pending.line);
    if (!line || pending.line === undefined) return;
    line.delete(pending);
    const [next] = line;
    if (next) this.#ready.add(next);
    else this.#lines.delete(pending.line);
  }

  /** Forgets all that waits: for a group that ends with its consumer. */
  clear(): void {
    for (const pending of this.#pending) pending.retry?.cancel();
    this.#pending.clear();
    this.#ready.clear();
    this.#lines.clear();
  }
}
