import { isParleyError, type ParleyError } from "@parley/core";
import type { DeadLetter } from "../store/dead-letter-store.ts";

/** The message that callers get in place of an internal error's own; it tells an operator nothing. */
const SAYS_NOTHING = "internal error";
const MAX_CAUSES = 5;
const MAX_LENGTH = 2_000;

/**
 * Why an event or a job failed, for the operator who reads its dead letter: the messages of the error and of its causes, the
 * outermost first. Never for callers, whom a cause may tell too much.
 */
export function failureReason(error: ParleyError): DeadLetter["reason"] {
  const messages: string[] = [];
  let at: unknown = error;
  for (let depth = 0; depth <= MAX_CAUSES && at !== undefined && at !== null; depth++) {
    const message = messageOf(at);
    const isTold = message === "" || messages.some((told) => told.includes(message));
    if (!isTold && !(message === SAYS_NOTHING && isParleyError(at))) messages.push(message);
    at = at instanceof Error ? at.cause : undefined;
  }
  return { code: error.code, message: cut(messages.join(": ") || SAYS_NOTHING) };
}

function messageOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown);
    // The name of a plain Error says nothing; that of a TypeError does.
    const isPlain = thrown.name === "Error" || isParleyError(thrown);
    return isPlain ? thrown.message : `${thrown.name}: ${thrown.message}`;
  } catch {
    return "";
  }
}

function cut(message: string): string {
  // A cut between the halves of a surrogate pair leaves none of it.
  return message.length <= MAX_LENGTH ? message : `${message.slice(0, MAX_LENGTH).toWellFormed()} …`;
}
