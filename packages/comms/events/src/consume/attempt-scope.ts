import type { CallContext, Transaction } from "@parley/core";
import type { Envelope } from "@parley/transport";
import type { EventScope, JobScope } from "../bus/event-bus.ts";

/** What one attempt of a handler has; its signal is made when it is asked for, which most handlers never do. */
class AttemptScope {
  readonly tx: Transaction;
  readonly attempt: number;
  readonly #context: CallContext;

  constructor(tx: Transaction, attempt: number, context: CallContext) {
    this.tx = tx;
    this.attempt = attempt;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }
}

export class EventAttempt extends AttemptScope implements EventScope {
  readonly envelope: Envelope;

  constructor(envelope: Envelope, tx: Transaction, attempt: number, context: CallContext) {
    super(tx, attempt, context);
    this.envelope = envelope;
  }
}

export class JobAttempt extends AttemptScope implements JobScope {
  readonly id: string;

  constructor(id: string, tx: Transaction, attempt: number, context: CallContext) {
    super(tx, attempt, context);
    this.id = id;
  }
}
