import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { http as httpExtension } from "./gen/google/api/annotations_pb.ts";
import type { HttpRule } from "./gen/google/api/http_pb.ts";
import { method as methodExtension } from "./gen/parley/v1/options_pb.ts";

/** One way to reach a method over HTTP. */
export interface HttpBinding {
  /** `GET`, `POST`, … upper-case. */
  readonly verb: string;
  /** The path template, as the contract has it: `/v1/{name=shelves/*}/books:publish`. */
  readonly template: string;
  /** The request field that the HTTP body fills; `*` for all that the path leaves, undefined for no body. */
  readonly body?: string;
  /** The response field that becomes the HTTP body; undefined for the whole message. */
  readonly responseBody?: string;
}

/** The HTTP bindings of a method, its main one first; empty if the contract gives it none. */
export function httpBindingsOf(method: DescMethod): readonly HttpBinding[] {
  if (!hasOption(method, httpExtension)) return [];
  const rule = getOption(method, httpExtension);
  return [rule, ...rule.additionalBindings].flatMap(toBinding);
}

function toBinding(rule: HttpRule): HttpBinding[] {
  const { pattern, body, responseBody } = rule;
  if (pattern.case === undefined) return [];
  const [verb, template] =
    pattern.case === "custom" ? [pattern.value.kind, pattern.value.path] : [pattern.case, pattern.value];
  return [{ verb: verb.toUpperCase(), template, ...(body && { body }), ...(responseBody && { responseBody }) }];
}

/** The HTTP status of a success: what the contract says, else 204 for an empty response, else 200. */
export function successStatusOf(method: DescMethod): number {
  const { successStatus } = getOption(method, methodExtension);
  return successStatus || (method.output.typeName === "google.protobuf.Empty" ? 204 : 200);
}

/** True if the contract wants the method's answers without the gateway's envelope. */
export function isBareMethod(method: DescMethod): boolean {
  return getOption(method, methodExtension).bare;
}

/** True if the contract lets anyone call the method, token or not. */
export function isPublicMethod(method: DescMethod): boolean {
  return getOption(method, methodExtension).public;
}

/** Who may call a method, as its contract says (`parley.v1.method`). */
export interface AccessRule {
  /** `anyone` needs no token; `known` is a user, or a service on its own behalf. */
  readonly callers: "anyone" | "known";
  /** A user needs any one of these; empty for none in particular. */
  readonly roles: readonly string[];
  /** Whether a service may call with no user behind it. */
  readonly services: "allowed" | "refused";
}

/** The access rule of a method. Roles that a public method names are not asked for: nobody is known there. */
export function accessRuleOf(method: DescMethod): AccessRule {
  const { public: isPublic, roles, services } = getOption(method, methodExtension);
  return {
    callers: isPublic ? "anyone" : "known",
    roles: isPublic ? [] : roles,
    services: services || roles.length === 0 ? "allowed" : "refused",
  };
}
