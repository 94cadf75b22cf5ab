import type { DescService } from "@bufbuild/protobuf";
import { failedPrecondition, type Logger, ParleyError } from "@parley/core";

export interface CompletionOptions {
  /** The service that implements the contract. */
  readonly service: string;
  readonly mode: "development" | "production";
  readonly log: Logger;
}

/**
 * Has every method of a contract answer. In development one that `setup` does not return answers UNIMPLEMENTED with a warning, so
 * that a method can be in the contract before its handler is written, while the rest of the system runs.
 * @throws ParleyError FAILED_PRECONDITION in production.
 */
export function completeImplementation(
  contract: DescService,
  implementation: object,
  { service, mode, log }: CompletionOptions,
): object {
  const methods = implementation as Readonly<Record<string, unknown>>;
  const missing = contract.methods.filter(({ localName }) => typeof methods[localName] !== "function");
  if (missing.length === 0) return implementation;
  const names = missing.map(({ localName }) => localName).join(", ");
  const sentence = `setup of ${service} returns no handler for ${names} of ${contract.typeName}`;
  if (mode === "production") throw failedPrecondition(`${service} cannot start: ${sentence}; add it, and deploy again`);
  log.warn({ contract: contract.typeName, methods: names }, `${sentence}: until it does, that answers UNIMPLEMENTED`);
  // Bound, and not inherited from: private fields of a class are on its own instance alone.
  const entries = contract.methods.map(({ localName, name }) => {
    const method = methods[localName];
    const handler = typeof method === "function" ? method.bind(implementation) : unimplemented(service, name);
    return [localName, handler] as const;
  });
  return Object.fromEntries(entries);
}

function unimplemented(service: string, method: string): () => never {
  return () => {
    throw new ParleyError("UNIMPLEMENTED", `${service} has no handler for ${method} yet`);
  };
}
