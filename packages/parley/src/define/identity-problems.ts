import { accessRuleOf } from "@parley/core";
import { keysMethodOf } from "./identity.ts";
import { providerOf, type SystemDefinition } from "./system-definition.ts";

/** What is wrong with where a system's users are known from. */
export function* identityProblems(system: SystemDefinition): Iterable<string> {
  const { identity } = system;
  if (!identity) return;
  const { issuer, keys } = identity;
  if (issuer === "") yield 'identity.issuer is empty; name the "iss" of the tokens';
  if ("jwksUrl" in keys) {
    if (!URL.canParse(keys.jwksUrl)) yield `identity.keys.jwksUrl must be a URL, got ${JSON.stringify(keys.jwksUrl)}`;
    return;
  }
  const name = `${keys.contract.typeName}/${keys.method}`;
  if (!providerOf(system, keys.contract))
    yield `identity.keys names ${name}, which no service of the system implements`;
  const method = keysMethodOf(keys);
  if (!method) {
    const names = keys.contract.methods.map(({ localName }) => localName).join(", ");
    yield `identity.keys names ${name}, which the contract does not have; its methods are ${names}`;
  } else if (method.methodKind !== "unary") {
    yield `identity.keys names ${name}, which is a stream; name a unary method`;
  } else if (accessRuleOf(method).callers !== "anyone") {
    yield `identity.keys names ${name}, which asks for a token itself; make it public ((parley.v1.method).public = true)`;
  } else if (!method.output.fields.some(({ name: field, fieldKind }) => field === "keys" && fieldKind === "list")) {
    yield `identity.keys names ${name}, whose response has no list "keys"; answer with a JSON Web Key Set`;
  }
}
