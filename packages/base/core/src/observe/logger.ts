/**
 * What Parley asks of a logger: the subset of pino that is called. Fields first, message second.
 * Fields never hold a token, a cookie or a message body.
 */
export interface Logger {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

const nothing = (): void => {};

/** Says nothing: the default of every part, so that a library is silent until its user gives it a voice. */
export const noopLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
