import { isIP } from "node:net";
import { invalidArgument } from "@parley/core";
import { isPublicAddress } from "./public-address.ts";

/**
 * Where messages may go. `public` is HTTPS to the public Internet alone, so that nobody can have this service call what
 * only it can reach (SSRF); `any` is for tests, and for networks where every endpoint is registered by who runs them.
 */
export type WebhookTargets = "public" | "any";

const MAX_LENGTH = 2_048;

/**
 * Checks the URL as far as it can be told without asking DNS; who connects checks what the name resolves to.
 * @throws ParleyError INVALID_ARGUMENT for `url`.
 */
export function parseTarget(url: string, targets: WebhookTargets): URL {
  const refuse = (description: string) => invalidArgument({ field: "url", description });
  if (!URL.canParse(url) || url.length > MAX_LENGTH) throw refuse(`must be a URL of at most ${MAX_LENGTH} characters`);
  const target = new URL(url);
  const isHttps = target.protocol === "https:";
  if (!isHttps && !(targets === "any" && target.protocol === "http:")) throw refuse("must begin with https://");
  if (target.username !== "" || target.password !== "") throw refuse("must not hold a user or password");
  if (target.hash !== "") throw refuse("must not have a fragment");
  const address = hostOf(target);
  if (targets === "public") {
    if (isIP(address) !== 0 && !isPublicAddress(address)) throw refuse("must not name a private or reserved address");
    if (isIP(address) === 0 && !/\.[a-z\d-]*[a-z][a-z\d-]*\.?$/i.test(address)) throw refuse("must name a public host");
  }
  return target;
}

/** The host as a socket takes it: an IPv6 address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
