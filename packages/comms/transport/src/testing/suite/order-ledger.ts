import type { Envelope } from "../../envelope/envelope.ts";
import type { Delivery, DeliveryHandler, Outcome } from "../../event-transport.ts";

/**
 * Holds deliveries to the order of their key: event `n` of a key may come only when all before it are done, and never
 * beside another of its key. A repeat of what was done is no violation: delivery is at least once.
 */
export interface OrderLedger {
  readonly violations: string[];
  /** How many events of all keys are done. */
  readonly done: number;
  /** Wraps what a consumer does with an event. One ledger serves all consumers of a group. */
  handler(then: (delivery: Delivery) => Promise<Outcome>): DeliveryHandler;
}

/** Where the ledger finds an event's number: `extensions.number`, from 0 within its key. */
export function numbered(envelopes: readonly Envelope[]): Envelope[] {
  const next = new Map<string, number>();
  return envelopes.map((envelope) => {
    const key = envelope.key ?? "";
    const number = next.get(key) ?? 0;
    next.set(key, number + 1);
    return { ...envelope, extensions: { ...envelope.extensions, number: String(number) } };
  });
}

export function createOrderLedger(lineOf: (envelope: Envelope) => string = ({ key }) => key ?? ""): OrderLedger {
  const violations: string[] = [];
  const nextOf = new Map<string, number>();
  const running = new Map<string, Delivery>();
  let done = 0;
  return {
    violations,
    get done() {
      return done;
    },
    handler: (then) => async (delivery) => {
      const { envelope, signal } = delivery;
      const line = lineOf(envelope);
      const number = Number(envelope.extensions.number);
      const next = nextOf.get(line) ?? 0;
      if (number > next) violations.push(`${line}: ${number} came before ${next} was done`);
      const other = running.get(line);
      // One whose delivery was taken away is no longer at work, whatever it still does.
      if (other && !other.signal.aborted) {
        violations.push(`${line}: ${number} came while ${other.envelope.extensions.number} was at work`);
      }
      running.set(line, delivery);
      try {
        const outcome = await then(delivery);
        if (outcome === "done" && !signal.aborted && number === (nextOf.get(line) ?? 0)) {
          nextOf.set(line, number + 1);
          done += 1;
        }
        return outcome;
      } finally {
        if (running.get(line) === delivery) running.delete(line);
      }
    },
  };
}
