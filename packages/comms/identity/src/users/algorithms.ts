import type { AsymmetricAlgorithm } from "./jwt-options.ts";

/** What identity providers use; a list of its own may be narrower. */
export const KEY_SET_ALGORITHMS: readonly AsymmetricAlgorithm[] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

/** RFC 9864 gave what `EdDSA` means with the curve Ed25519 a name of its own; issuers write either. */
const ALIASES: ReadonlyMap<string, string> = new Map([["Ed25519", "EdDSA"]]);

const CURVES: ReadonlyMap<string, string> = new Map([
  ["ES256", "P-256"],
  ["ES384", "P-384"],
  ["ES512", "P-521"],
  ["EdDSA", "Ed25519"],
]);

/** The one name of an algorithm that has two. */
export function canonicalAlgorithm(name: string): string {
  return ALIASES.get(name) ?? name;
}

/** Every name under which a token may name one of the algorithms. */
export function algorithmNames(algorithms: readonly string[]): ReadonlySet<string> {
  const canonical = new Set(algorithms.map(canonicalAlgorithm));
  const aliases = [...ALIASES].filter(([, name]) => canonical.has(name)).map(([alias]) => alias);
  return new Set([...canonical, ...aliases]);
}

/** Whether a public JWK is of the kind and the curve that an algorithm needs (RFC 7518 section 3, RFC 8037). */
export function isKeyFor(algorithm: string, { kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }): boolean {
  const name = canonicalAlgorithm(algorithm);
  if (name.startsWith("RS") || name.startsWith("PS")) return kty === "RSA";
  return kty === (name === "EdDSA" ? "OKP" : "EC") && crv === CURVES.get(name);
}
