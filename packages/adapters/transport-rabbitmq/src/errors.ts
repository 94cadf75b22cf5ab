import { type ErrorCode, isParleyError, ParleyError, toParleyError } from "@parley/core";

/** What the server's reply codes mean. @see https://www.rabbitmq.com/docs/channels#error-handling and the AMQP 0-9-1 reference */
const CODES_BY_REPLY: Readonly<Record<number, ErrorCode>> = {
  311: "INVALID_ARGUMENT",
  320: "UNAVAILABLE",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "FAILED_PRECONDITION",
  406: "FAILED_PRECONDITION",
  506: "RESOURCE_EXHAUSTED",
  530: "PERMISSION_DENIED",
};

/** Whether trying again is of use: these stay wrong until a person changes something. */
const LASTING: ReadonlySet<ErrorCode> = new Set(["PERMISSION_DENIED", "FAILED_PRECONDITION", "INVALID_ARGUMENT"]);

/** Names a failure of the client library: what was done, the server's own words. */
export function toRabbitError(thrown: unknown, doing: string): ParleyError {
  if (isParleyError(thrown)) return thrown;
  const known = toParleyError(thrown);
  if (known.code !== "INTERNAL") {
    return new ParleyError(known.code, `RabbitMQ: ${doing}: ${known.message}`, { cause: thrown });
  }
  const { code: reply, message } = thrown as { code?: unknown; message?: unknown };
  const code = typeof reply === "number" ? CODES_BY_REPLY[reply] : undefined;
  const refusedLogin = /ACCESS.REFUSED/.test(String(message));
  return new ParleyError(
    code ?? (refusedLogin ? "PERMISSION_DENIED" : "UNAVAILABLE"),
    `RabbitMQ: ${doing}: ${message}`,
    {
      cause: thrown,
    },
  );
}

export function isLasting(error: ParleyError): boolean {
  return LASTING.has(error.code);
}

/** The wait for the broker was ended by its limit or by the caller. */
export function waitedTooLong(doing: string, cause: unknown): ParleyError {
  return new ParleyError("DEADLINE_EXCEEDED", `RabbitMQ: ${doing} did not end in time`, { cause });
}
