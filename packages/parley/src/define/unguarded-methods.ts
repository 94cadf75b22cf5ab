import type { DescMethod } from "@bufbuild/protobuf";
import { accessRuleOf, httpBindingsOf } from "@parley/core";
import { type PartDefinition, providerOf, type SystemDefinition } from "./system-definition.ts";

/** What a running system verifies of its callers. */
export interface Guards {
  /** Whether users' tokens are verified. */
  readonly users: boolean;
  /** Whether services ask each other for tokens. */
  readonly serviceTokens: boolean;
}

/**
 * The methods of some parts that their contracts keep from anybody, by a role or by not being public, and that nothing in the
 * system keeps from anybody. Service tokens guard what only services reach: behind a gateway they prove the gateway, whoever
 * its client is, and roles are of users.
 */
export function unguardedMethods(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  { users, serviceTokens }: Guards,
): readonly DescMethod[] {
  if (users) return [];
  const routed = new Set(system.gateway?.routes.map(({ typeName }) => typeName));
  const isOpen = (method: DescMethod): boolean => {
    const { callers, services } = accessRuleOf(method);
    if (callers === "anyone") return false;
    const throughGateway = routed.has(method.parent.typeName) && httpBindingsOf(method).length > 0;
    return !serviceTokens || services === "refused" || throughGateway;
  };
  const contracts = parts.flatMap((part) =>
    part.kind === "gateway" ? part.routes.filter((contract) => providerOf(system, contract)) : part.implements,
  );
  return [...new Set(contracts)].flatMap((contract) => contract.methods.filter(isOpen));
}

/** What is wrong with methods that nothing guards, and what to do, as two sentences; undefined if there are none. */
export function describeUnguarded(
  methods: readonly DescMethod[],
): { readonly message: string; readonly remedy: string } | undefined {
  const [first] = methods;
  if (!first) return undefined;
  const withRoles = methods.filter((method) => accessRuleOf(method).roles.length > 0);
  const shown = withRoles[0] ?? first;
  const { roles } = accessRuleOf(shown);
  const example = `${shown.parent.typeName}/${shown.name}${roles.length > 0 ? ` (roles: ${roles.join(", ")})` : ""}`;
  const which = methods.length === 1 ? example : `${methods.length} methods that are not public, such as ${example}`;
  return {
    message: `nothing verifies users, so anybody may call ${which}`,
    remedy:
      "Set JWT_SECRET, name the system's identity, or mark what anybody may call as public: (parley.v1.method).public = true.",
  };
}
