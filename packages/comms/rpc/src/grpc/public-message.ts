/**
 * Messages of our own making name the address of a peer, for the operators of a system. Where such an error leaves the process, as
 * the status of a call or as an answer at the edge, it goes with a message that does not.
 */
const messages = new WeakMap<Error, string>();

/** Gives an error the message that may be shown to anyone. */
export function setPublicMessage<E extends Error>(error: E, message: string): E {
  messages.set(error, message);
  return error;
}

/** The message of an error that the caller may see: its own, unless that is for operators. */
export function publicMessageOf(error: Error): string {
  return messages.get(error) ?? error.message;
}
