/** What was too large, where a call fails with RESOURCE_EXHAUSTED for its size: the code alone may as well mean a quota. */
import { ParleyError } from "@parley/core";
import { isRelayed } from "./error-origin.ts";

export type SizeFault = "REQUEST_TOO_LARGE" | "HEADERS_TOO_LARGE" | "RESPONSE_TOO_LARGE";

const DOMAIN = "parley";
const FAULTS: ReadonlySet<string> = new Set<SizeFault>([
  "REQUEST_TOO_LARGE",
  "HEADERS_TOO_LARGE",
  "RESPONSE_TOO_LARGE",
]);

/** How servers refuse a message, in a status without details: Parley; grpc-go, grpc-js and those on C; grpc-java; tonic. */
const REFUSALS =
  /a message (of \d+ bytes )?is over the limit of|received message larger than max|message exceeds maximum size|decoded message length too large/i;

const faults = new WeakMap<Error, SizeFault>();

/** Notes what was too large where the error's code and details say something else, or must stay as a standard has them. */
export function setSizeFault(error: ParleyError, fault: SizeFault): ParleyError {
  faults.set(error, fault);
  return error;
}

/** The same error with what was too large, if it is one of a size. */
export function withSizeFault(error: ParleyError, fault: SizeFault): ParleyError {
  if (error.code !== "RESOURCE_EXHAUSTED" || error.details.length > 0) return error;
  return new ParleyError(error.code, error.message, { cause: error.cause, details: [sizeDetail(fault)] });
}

export function sizeDetail(reason: SizeFault) {
  return { type: "error_info", reason, domain: DOMAIN, metadata: {} } as const;
}

/**
 * What of a call was too large for the next hop; undefined for every other failure. What a service behind that hop found too
 * large is that hop's own affair, and says nothing of the call.
 */
export function sizeFaultOf(error: ParleyError): SizeFault | undefined {
  const noted = faults.get(error);
  if (noted !== undefined) return noted;
  if (error.code !== "RESOURCE_EXHAUSTED" || isRelayed(error)) return undefined;
  const info = error.detail("error_info");
  if (info?.domain === DOMAIN && FAULTS.has(info.reason)) return info.reason as SizeFault;
  return info === undefined && REFUSALS.test(error.message) ? "REQUEST_TOO_LARGE" : undefined;
}
