import { ParleyError } from "@parley/core";
import type { Connection } from "../connection/connection.ts";
import type { Endpoint } from "./endpoint.ts";

/** Chooses which endpoint carries a call, and which are dialled. */
export interface Balancer {
  /** The endpoints to choose from. Told again whenever the set, or the state of one of them, has changed. */
  update(endpoints: readonly Endpoint[]): void;
  /**
   * A connection with room for the call. Undefined if the call must wait: for a dial, or for another call to end.
   * @throws ParleyError UNAVAILABLE, progress `"refused"`, if no endpoint can be reached now.
   */
  pick(): Connection | undefined;
}

/** The failure of a call for which no endpoint is left: says why of each. */
export function noEndpointLeft(endpoints: readonly Endpoint[]): ParleyError {
  const reasons = endpoints.map(({ address, error }) => error?.message ?? `${address} cannot be reached`);
  return new ParleyError("UNAVAILABLE", reasons.join("; ") || "the target has no address", {
    progress: "refused",
    cause: endpoints.find(({ error }) => error)?.error,
  });
}
