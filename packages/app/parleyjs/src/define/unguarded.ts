import type { DescMethod } from "@bufbuild/protobuf";
import { accessRuleOf, httpBindingsOf } from "@parley/protobuf";
import { contractsOf, type GatewayDefinition, plainRoutesOf } from "./gateway.ts";
import { gatewaysOf, type PartDefinition, type SystemDefinition } from "./system-definition.ts";

/** What a running system verifies of its callers. */
export interface Guards {
  /** Whether users' tokens are verified. */
  readonly users: boolean;
  /** Whether services ask each other for tokens. */
  readonly serviceTokens: boolean;
}

/** What is kept from anybody by a definition, and by nothing else. */
export interface Unguarded {
  /** Methods that are not public. */
  readonly methods: readonly DescMethod[];
  /** Of the gateway's own: its routes, live events and pages that are closed to anybody. */
  readonly pages: readonly string[];
}

/**
 * What parts keep from anybody, by a role or by not being public, while nothing in the system does. Service tokens guard what
 * only services reach: behind a gateway they prove the gateway, whoever its client is, and roles are of users.
 */
export function findUnguarded(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  { users, serviceTokens }: Guards,
): Unguarded {
  if (users) return { methods: [], pages: [] };
  const routed = new Set(gatewaysOf(system).flatMap(routedMethods));
  const isOpen = (method: DescMethod): boolean => {
    const { callers, services } = accessRuleOf(method);
    return callers !== "anyone" && (!serviceTokens || services === "refused" || routed.has(method));
  };
  const methods = parts.flatMap((part) =>
    part.kind === "gateway" ? routedMethods(part) : part.implements.flatMap((contract) => contract.methods),
  );
  const pages = parts.flatMap((part) => (part.kind === "gateway" ? pagesOf(part) : []));
  return { methods: [...new Set(methods)].filter(isOpen), pages };
}

function routedMethods(gateway: GatewayDefinition): readonly DescMethod[] {
  return contractsOf(gateway).flatMap((contract) => contract.methods.filter(hasRoute));
}

function hasRoute(method: DescMethod): boolean {
  return httpBindingsOf(method).length > 0;
}

function pagesOf(gateway: GatewayDefinition): readonly string[] {
  const { realtime, openapi, metricsAccess, basePath = "" } = gateway;
  const closed = plainRoutesOf(gateway).filter(({ access }) => access !== "public");
  return [
    ...closed.map(({ method, template }) => `${method} ${template}`),
    ...(realtime ? [`the live events at ${basePath}/events`] : []),
    ...(openapi !== false && openapi?.access === "token" ? ["/docs"] : []),
    ...(typeof metricsAccess === "object" ? ["/metrics"] : []),
  ];
}

/** What nothing guards, and what to do, as two sentences; undefined if all is guarded. */
export function describeUnguarded({
  methods,
  pages,
}: Unguarded): { readonly message: string; readonly remedy: string } | undefined {
  if (methods.length + pages.length === 0) return undefined;
  const which = [...describeMethods(methods), ...pages].join(" and ");
  return {
    message: `nothing verifies users, so anybody may ${methods.length > 0 ? "call" : "read"} ${which}`,
    remedy:
      "Set JWT_SECRET, name the system's identity, or mark what anybody may call as public: (parley.v1.method).public = true.",
  };
}

/** One example tells more than a count; one with roles shows best what is open. */
function* describeMethods(methods: readonly DescMethod[]): Iterable<string> {
  const shown = methods.find((method) => accessRuleOf(method).roles.length > 0) ?? methods[0];
  if (!shown) return;
  const { roles } = accessRuleOf(shown);
  const example = `${shown.parent.typeName}/${shown.name}${roles.length > 0 ? ` (roles: ${roles.join(", ")})` : ""}`;
  yield methods.length === 1 ? example : `${methods.length} methods that are not public, such as ${example}`;
}
