import type { Clock } from "@parley/core";
import { SERVICE_TOKEN_TTL_MS, signServiceToken } from "./service-token.ts";

/** The tokens of one service for those it calls. */
export interface ServiceTokenSource {
  /** Who the tokens are of. */
  readonly service: string;
  /** A token that holds for a minute at least. */
  tokenFor(audience: string): Promise<string>;
}

export interface ServiceTokenSourceOptions {
  readonly service: string;
  /** Shared by all parts of the system. */
  readonly secret: string;
  readonly clock: Clock;
}

/** A call may wait and be tried again: what is left of a token must outlive that, and clocks that differ. */
const RENEW_BEFORE_MS = 60_000;

/** Signs one token per callee and four minutes, whatever the number of calls. */
export function createServiceTokenSource({ service, secret, clock }: ServiceTokenSourceOptions): ServiceTokenSource {
  const issued = new Map<string, { readonly token: Promise<string>; readonly renewAtMs: number }>();
  return {
    service,
    tokenFor(audience) {
      const known = issued.get(audience);
      if (known && clock.now() < known.renewAtMs) return known.token;
      const token = signServiceToken({ service, audience: [audience] }, { secret, clock });
      issued.set(audience, { token, renewAtMs: clock.now() + SERVICE_TOKEN_TTL_MS - RENEW_BEFORE_MS });
      return token;
    },
  };
}
