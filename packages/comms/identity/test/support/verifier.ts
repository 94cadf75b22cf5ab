import { createManualClock, type Logger, noopLogger, toParleyError } from "@parley/core";
import type { Identity, TokenBearer } from "../../src/users/authenticate.ts";
import { createJwtAuthenticate } from "../../src/users/create-jwt-authenticate.ts";
import type { JwtOptions } from "../../src/users/jwt-options.ts";

export interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A verifier with a clock of its own and everything that it logs. */
export function openVerifier(options: JwtOptions) {
  const clock = createManualClock(1_800_000_000_000);
  const infos: LogLine[] = [];
  const warnings: LogLine[] = [];
  const keep = (lines: LogLine[]) => (fields: object, message?: string) =>
    void lines.push({ message: message ?? "", fields: { ...fields } });
  const logger: Logger = { ...noopLogger, info: keep(infos), warn: keep(warnings) };
  const authenticate = createJwtAuthenticate(options, { clock, logger });
  /** `ok`, or the code of the refusal. */
  const judge = (token: string): Promise<string> =>
    authenticate(`Bearer ${token}`).then(
      () => "ok",
      (error: unknown) => toParleyError(error).code,
    );
  const identify = (token: string, bearer?: TokenBearer): Promise<Identity> => authenticate(`Bearer ${token}`, bearer);
  return { clock, infos, warnings, authenticate, judge, identify };
}

export const NOW_SECONDS = 1_800_000_000;

/** A part of a token, written by hand so that it can be a bad one. */
export function part(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}
