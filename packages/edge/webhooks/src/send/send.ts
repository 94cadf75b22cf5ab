import { lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Clock } from "@parley/core";
import { isPublicAddress } from "./public-address.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { hostOf, parseTarget, type WebhookTargets } from "./target.ts";

export interface SendOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly targets: WebhookTargets;
  /** From the name's resolution to the last byte of the answer's head. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface SendAnswer {
  readonly status: number;
  /** `Retry-After` in milliseconds from now, whether it was given in seconds or as a date. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Posts a message. Redirects are not followed: they would lead past every check. Names are resolved here, and the very
 * address that was checked is connected to, so that a name cannot change its address in between (DNS rebinding).
 *
 * Rejects with an error that says why there was no answer.
 */
export function send({ url, headers, body, targets, timeoutMs, clock, signal }: SendOptions): Promise<SendAnswer> {
  return new Promise((resolve, reject) => {
    const target = parseTarget(url, targets);
    const post = target.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = post(target, {
      method: "POST",
      agent: false,
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      ...(targets === "public" && isIP(hostOf(target)) === 0 && { lookup: publicLookup }),
    });
    const end = (error: Error): void => void outgoing.destroy(error);
    const onAbort = (): void => end(new Error("the sender stops"));
    const timer = clock.setTimer(timeoutMs, () => end(new Error(`no answer within ${timeoutMs} ms`)));
    const settle = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    };
    outgoing.on("error", (error) => {
      settle();
      reject(error);
    });
    outgoing.once("response", (response) => {
      settle();
      const retryAfterMs = parseRetryAfter(response.headers["retry-after"], clock.now());
      resolve({ status: response.statusCode ?? 0, retryAfterMs });
      response.destroy(); // what it says is of no interest, and might not end
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) return onAbort();
    outgoing.end(body);
  });
}

/** Fails if any address of a name is not public: a receiver has no reason to be both. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, "");
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (hidden || !first) {
      return callback(new Error(`${hostname} resolves to an address that is private or reserved`), "");
    }
    if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
