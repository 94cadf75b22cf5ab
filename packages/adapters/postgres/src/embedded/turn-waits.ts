import { randomUUID } from "node:crypto";
import { type CallContext, ParleyError } from "@parley/core";
import { withContext } from "@parley/core/internal";

/** An embedded engine, which has one connection, as seen by the work that waits for it. */
export interface HeldEngine {
  /** The token of the work that has the connection; undefined while it is free. */
  holder: string | undefined;
}

/**
 * In the baggage of a call: the tokens of the transactions that wait for it, from the outermost on. Baggage goes with every call,
 * so a process knows them also of transactions in another one.
 */
const HELD_BAGGAGE = "parley-held";
const SEPARATOR = ".";

/** Which engines the calls of a transaction wait for. State of the module, because the engines of a process are. */
const waits = new Map<string, HeldEngine[]>();

export function newTurnToken(): string {
  return randomUUID();
}

/** The context of work that has a connection: what it calls knows that it is waited for. */
export function holdingContext(context: CallContext, token: string): CallContext {
  const baggage = { ...context.baggage, [HELD_BAGGAGE]: [...heldBy(context), token].join(SEPARATOR) };
  return withContext(context, { baggage });
}

/**
 * Notes that this work waits for the engine, until the function that it returns is called.
 * @throws ParleyError at once where the wait would be for a transaction that itself waits for this work: FAILED_PRECONDITION where
 *   both belong to one chain of calls, which no repetition mends, else ABORTED.
 */
export function beginWait(engine: HeldEngine, context: CallContext | undefined, what: string): () => void {
  const held = heldBy(context);
  if (held.length === 0) return () => {};
  assertNoCycle(engine, held, what);
  for (const token of held) waits.set(token, [...(waits.get(token) ?? []), engine]);
  return () => {
    for (const token of held) {
      const all = waits.get(token) ?? [];
      const left = all.toSpliced(all.indexOf(engine), 1);
      if (left.length === 0) waits.delete(token);
      else waits.set(token, left);
    }
  };
}

function assertNoCycle(engine: HeldEngine, held: readonly string[], what: string): void {
  if (engine.holder !== undefined && held.includes(engine.holder)) {
    const why = `${what} has one connection, and a transaction that waits for this call holds it`;
    const remedy =
      "make the call before the transaction's first statement or after its end, or use PostgreSQL (DATABASE_URL)";
    throw new ParleyError("FAILED_PRECONDITION", `${why}: ${remedy}`);
  }
  const seen = new Set<HeldEngine>([engine]);
  for (const at of seen) {
    if (at.holder === undefined) continue;
    if (held.includes(at.holder)) {
      const why = `${what} has one connection, which a transaction holds that waits for one that waits for this call`;
      throw new ParleyError("ABORTED", `${why}: try again, or use PostgreSQL (DATABASE_URL)`);
    }
    for (const next of waits.get(at.holder) ?? []) seen.add(next);
  }
}

function heldBy(context: CallContext | undefined): readonly string[] {
  return context?.baggage[HELD_BAGGAGE]?.split(SEPARATOR) ?? [];
}
