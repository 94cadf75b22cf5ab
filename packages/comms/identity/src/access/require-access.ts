import type { Interceptor, Operation } from "@parley/core";
import { type AccessRule, accessRuleOf } from "@parley/protobuf";
import { checkAccess } from "./check-access.ts";

export interface RequireAccessOptions {
  /** Full names of services that anybody may call, such as `grpc.health.v1.Health`. */
  readonly exempt: ReadonlySet<string>;
  /**
   * `proven`: the caller of the context comes from a service token, so that a call without a user is the caller's own.
   * `claimed`: anybody could say so; a call without a user is nobody's.
   */
  readonly caller: "proven" | "claimed";
  /** The parts through which clients come in: a call of theirs without a user is that of an unknown client. */
  readonly gateways?: ReadonlySet<string>;
  /** Full names of the services that are held to their rules. Default all that are not exempt. */
  readonly only?: ReadonlySet<string>;
}

/** For a server, after what proves identities: holds every call to the access rule of its method's contract. */
export function requireAccess({ exempt, caller, gateways, only }: RequireAccessOptions): Interceptor {
  const rules = new Map<Operation, AccessRule>();
  const ruleOf = (operation: Operation): AccessRule => {
    let rule = rules.get(operation);
    if (!rule) {
      rule = accessRuleOf(operation.descriptor);
      rules.set(operation, rule);
    }
    return rule;
  };
  return (next) => async (call) => {
    const { operation, context } = call;
    if (exempt.has(operation.service) || (only && !only.has(operation.service))) return next(call);
    const { caller: name } = context;
    const service = caller === "proven" && !(name !== undefined && gateways?.has(name)) ? name : undefined;
    checkAccess(ruleOf(operation), { principal: context.principal, service });
    return next(call);
  };
}
