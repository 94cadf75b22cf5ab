import type { CallContext, Transaction } from "@parley/core";
import { abortOf, LazyContext } from "@parley/core/internal";
import type { Envelope } from "@parley/transport";
import type { EventContext, JobContext } from "../event-bus.ts";

/** The context of one attempt of a handler: that of the call, and its transaction. */
class AttemptContext extends LazyContext {
  readonly tx: Transaction;
  readonly attempt: number;

  constructor(tx: Transaction, attempt: number, context: CallContext) {
    super(context, abortOf(context));
    this.tx = tx;
    this.attempt = attempt;
  }
}

export class EventAttempt extends AttemptContext implements EventContext {
  readonly envelope: Envelope;

  constructor(envelope: Envelope, tx: Transaction, attempt: number, context: CallContext) {
    super(tx, attempt, context);
    this.envelope = envelope;
  }
}

export class JobAttempt extends AttemptContext implements JobContext {
  readonly id: string;

  constructor(id: string, tx: Transaction, attempt: number, context: CallContext) {
    super(tx, attempt, context);
    this.id = id;
  }
}

/** The context of a batch, whose events have no conversation in common. */
export class BatchAttempt extends LazyContext {
  readonly tx: Transaction;

  constructor(tx: Transaction, context: CallContext) {
    super(context, abortOf(context));
    this.tx = tx;
  }
}

/** The context of an answer over the broker. */
export class RequestAttempt extends LazyContext {
  readonly envelope: Envelope;

  constructor(envelope: Envelope, context: CallContext) {
    super(context, abortOf(context));
    this.envelope = envelope;
  }
}
