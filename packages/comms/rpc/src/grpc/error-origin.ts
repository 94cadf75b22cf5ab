/**
 * Where a failure began. A service that fails because a service behind it failed says so in a trailer, and its caller then
 * knows two things: the service itself works, so its breaker stays closed; and whoever was next to the failure has
 * already retried as far as its policy allows, so nobody further up does it again. Without this, three hops of three
 * attempts make twenty-seven.
 */
const origins = new WeakMap<Error, string>();
const relayed = new WeakSet<Error>();

/** The trailer that names the target at which the failure began. */
export const ERROR_ORIGIN = "x-error-origin";

/** The target where a failure began, once it has passed through a channel of this process. */
export function originOf(error: Error): string | undefined {
  return origins.get(error);
}

/** Whether the peer that reported a failure had it from a service behind it. */
export function isRelayed(error: Error): boolean {
  return relayed.has(error);
}

/** Notes where an error began, unless that is known already. */
export function markOrigin(error: Error, target: string): void {
  if (!origins.has(error)) origins.set(error, target);
}

/** Notes that a peer said where an error began. */
export function markRelayed(error: Error, target: string): void {
  relayed.add(error);
  markOrigin(error, target);
}
