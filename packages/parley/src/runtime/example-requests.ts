import { httpBindingsOf } from "@parley/core";
import type { SystemDefinition, TryRequest } from "../define/system-definition.ts";

/** Two requests that work on an empty system, from its contract: the health of all, and the first plain GET. */
export function exampleRequests({ gateway }: SystemDefinition): readonly TryRequest[] {
  const paths = (gateway?.routes ?? [])
    .flatMap((contract) => contract.methods.flatMap(httpBindingsOf))
    .filter(({ verb, template }) => verb === "GET" && !/[{*]/.test(template))
    .map(({ template }) => ({ path: template }));
  return [{ path: "/health" }, ...paths.slice(0, 1)];
}
