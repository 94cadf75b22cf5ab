import { type Balancer, noEndpointLeft } from "./balancer.ts";
import type { Endpoint } from "./endpoint.ts";

/**
 * Stays with one endpoint while it is ready; else tries them in order, one at a time. Only when all of them rest after
 * a failed dial does a call fail.
 */
export function createPickFirst(): Balancer {
  let endpoints: readonly Endpoint[] = [];
  let chosen: Endpoint | undefined;

  return {
    update(present) {
      endpoints = present;
      chosen = present.find((endpoint) => endpoint === chosen && endpoint.state === "ready");
    },
    pick() {
      if (chosen?.state === "ready") return chosen.acquire();
      for (const endpoint of endpoints) {
        const { state } = endpoint;
        if (state === "ready") {
          chosen = endpoint;
          return endpoint.acquire();
        }
        if (state === "idle") endpoint.connect();
        if (state === "idle" || state === "connecting") return undefined;
      }
      throw noEndpointLeft(endpoints);
    },
  };
}
