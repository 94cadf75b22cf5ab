import { accessRuleOf } from "@parley/protobuf";
import { type IdentityKeys, keysMethodOf } from "./identity.ts";
import { gatewaysOf, providerOf, type SystemDefinition } from "./system-definition.ts";

/** What is wrong with where a system's users are known from. */
export function* identityProblems(system: SystemDefinition): Iterable<string> {
  const { identity } = system;
  if (!identity) return yield* severalAuths(system);
  const { issuer, keys } = identity;
  if (issuer === "") yield 'identity.issuer is empty; name the "iss" of the tokens';
  else if (issuer === undefined && keys && isShared(keys)) {
    yield 'identity.issuer is not named; name the "iss" of the tokens, because others may have tokens signed with these keys';
  }
  yield* doubledOptions(system);
  if (keys) yield* keyProblems(system, keys);
}

/** Keys that sign tokens for others too, so that only the issuer tells whose they are. */
function isShared(keys: IdentityKeys): boolean {
  return "contract" in keys || ("jwksUrl" in keys && !/^file:/i.test(keys.jwksUrl));
}

/** One place decides: what the gateway said beside the system would be overruled without a word. */
function* doubledOptions(system: SystemDefinition): Iterable<string> {
  for (const { name: gateway, auth = {} } of gatewaysOf(system)) {
    for (const name of Object.keys(auth)) {
      if (name !== "invalidTokenStatus") {
        yield `${gateway} has auth.${name}, which is not read in a system with an identity; say it there`;
      }
    }
  }
}

/** Users are verified in one way at every part: what a second gateway said would be overruled without a word. */
function* severalAuths(system: SystemDefinition): Iterable<string> {
  const own = gatewaysOf(system).filter(({ auth = {} }) =>
    Object.keys(auth).some((name) => name !== "invalidTokenStatus"),
  );
  if (own.length < 2) return;
  const names = own.map(({ name }) => name).join(" and ");
  yield `${names} each have auth; users are verified in one way at all parts, so say it once, in identity`;
}

function* keyProblems(system: SystemDefinition, keys: IdentityKeys): Iterable<string> {
  if ("secret" in keys) return;
  if ("publicKey" in keys) {
    if (keys.algorithm === undefined)
      yield 'identity.keys.algorithm is not named; name that of the key, such as "RS256"';
    return;
  }
  if ("jwksUrl" in keys) {
    if (!/^(?:https?|file):/i.test(keys.jwksUrl) || !URL.canParse(keys.jwksUrl)) {
      yield `identity.keys.jwksUrl must be a URL, got ${JSON.stringify(keys.jwksUrl)}; use https:, http: or file:`;
    }
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
