/** An error as the log has it. */
export interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** A system's or library's error code: `ECONNREFUSED`, `23505`. */
  readonly code?: string | number | undefined;
  readonly cause?: ErrorRecord | undefined;
}

/** A chain of causes is followed this far: deeper ones say nothing new, and a chain may be a circle. */
const MAX_CAUSES = 5;

/**
 * What may be logged of anything thrown: type, message, stack, code and causes. Other fields stay out, because libraries
 * hang whole requests, headers and bodies on their errors.
 */
export function describeError(thrown: unknown, depth = 0): ErrorRecord {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) };
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    code: typeof code === "string" || typeof code === "number" ? code : undefined,
    cause: thrown.cause === undefined || depth >= MAX_CAUSES ? undefined : describeError(thrown.cause, depth + 1),
  };
}
