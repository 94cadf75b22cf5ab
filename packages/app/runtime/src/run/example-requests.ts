import { accessRuleOf, httpBindingsOf } from "@parley/protobuf";
import type { GatewayDefinition, SystemDefinition, TryRequest } from "parleyjs";
import { contractsOf, gatewaysOf } from "parleyjs/internal";

/** A request to print for a newcomer. */
export interface ShownRequest extends TryRequest {
  /** Whether it needs a token where the gateway asks for them. */
  readonly access: "public" | "token";
}

/** What to print when a system is ready: the requests that it names itself, or else examples. */
export function requestsToShow(system: SystemDefinition): readonly ShownRequest[] {
  const requests = system.tryIt ?? exampleRequests(system);
  return requests.map((request) => ({ ...request, access: accessOf(request, gatewaysOf(system)[0]) }));
}

/** Two requests that work on an empty system, from its contract: the health of all, and the first plain GET. */
export function exampleRequests(system: SystemDefinition): readonly TryRequest[] {
  const paths = routesOf(gatewaysOf(system)[0])
    .filter(({ verb, path }) => verb === "GET" && !/[{*]/.test(path))
    .map(({ path }) => ({ path }));
  return [{ path: "/health" }, ...paths.slice(0, 1)];
}

function accessOf(
  { method = "GET", path }: TryRequest,
  gateway: GatewayDefinition | undefined,
): ShownRequest["access"] {
  const [bare = ""] = path.split("?", 1);
  if (bare === "/health") return "public";
  const route = routesOf(gateway).find((one) => one.verb === method && patternOf(one.path).test(bare));
  return route?.callers === "anyone" ? "public" : "token";
}

function routesOf(gateway: GatewayDefinition | undefined) {
  return (gateway ? contractsOf(gateway) : []).flatMap((contract) =>
    contract.methods.flatMap((method) =>
      httpBindingsOf(method).map(({ verb, template }) => ({
        verb,
        path: `${gateway?.basePath ?? ""}${template}`,
        callers: accessRuleOf(method).callers,
      })),
    ),
  );
}

/** The paths that a template stands for: `/users/{id}` is any one segment after `/users/`. */
function patternOf(template: string): RegExp {
  const wild = template.replace(/\{[^=}]+(?:=([^}]*))?\}/g, (_variable, segments = "*") => segments as string);
  const pattern = wild
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\*\*|\*/g, (star) => (star === "*" ? "[^/]+" : ".+"));
  return new RegExp(`^${pattern}$`);
}
