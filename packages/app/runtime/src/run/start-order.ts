import type { ServiceDefinition, SystemDefinition } from "parleyjs";
import { providerOf } from "parleyjs/internal";

/**
 * Services in the order to start them: each list holds what may start together, once the lists before it are up.
 * Services that call each other in a circle start together, because a client connects at its first call.
 */
export function startOrder(system: SystemDefinition): readonly (readonly ServiceDefinition[])[] {
  const order: ServiceDefinition[][] = [];
  let waiting = system.services.map((service) => ({ service, needs: needsOf(system, service) }));
  while (waiting.length > 0) {
    const started = new Set(order.flat());
    const openNeeds = waiting.map(({ needs }) => [...needs].filter((service) => !started.has(service)).length);
    // Without circles the least is 1, the service itself; the members of the lowest circle all need the same set.
    const least = Math.min(...openNeeds);
    order.push(waiting.filter((_, index) => openNeeds[index] === least).map(({ service }) => service));
    waiting = waiting.filter((_, index) => openNeeds[index] !== least);
  }
  return order;
}

/** The service itself and all it calls, directly or through others. */
function needsOf(system: SystemDefinition, service: ServiceDefinition): Set<ServiceDefinition> {
  const needs = new Set([service]);
  for (const found of needs) {
    for (const contract of found.calls.values()) {
      const provider = providerOf(system, contract);
      if (provider) needs.add(provider);
    }
  }
  return needs;
}
