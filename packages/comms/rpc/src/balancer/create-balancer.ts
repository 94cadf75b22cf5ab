import type { Balancer } from "./balancer.ts";
import { createPickFirst } from "./pick-first.ts";
import { createRoundRobin } from "./round-robin.ts";

/**
 * - `"pick_first"`: one address, the next only when it fails.
 * - `"round_robin"`: every address in turn.
 */
export type LoadBalancing = "pick_first" | "round_robin";

export function createBalancer(loadBalancing: LoadBalancing): Balancer {
  switch (loadBalancing) {
    case "pick_first":
      return createPickFirst();
    case "round_robin":
      return createRoundRobin();
    default:
      throw new TypeError(`loadBalancing must be "pick_first" or "round_robin", got ${loadBalancing satisfies never}`);
  }
}
