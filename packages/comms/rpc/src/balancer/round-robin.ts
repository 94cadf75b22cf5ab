import { type Balancer, noEndpointLeft } from "./balancer.ts";
import type { Endpoint } from "./endpoint.ts";

/**
 * Takes turns among the endpoints that are ready and have room. The others are dialled whenever a call passes by and
 * their rest is over.
 */
export function createRoundRobin(): Balancer {
  let endpoints: readonly Endpoint[] = [];
  let ready: readonly Endpoint[] = [];
  let turn = 0;

  return {
    update(present) {
      endpoints = present;
      ready = present.filter(({ state }) => state === "ready");
    },
    pick() {
      let mayWait = ready.length > 0;
      if (ready.length < endpoints.length) {
        for (const endpoint of endpoints) {
          if (endpoint.state === "idle") endpoint.connect();
          mayWait ||= endpoint.state === "connecting";
        }
      }
      for (let tried = 0; tried < ready.length; tried++) {
        turn = (turn + 1) % ready.length;
        const connection = ready[turn]?.acquire();
        if (connection) return connection;
      }
      if (mayWait) return undefined;
      throw noEndpointLeft(endpoints);
    },
  };
}
