import { create, type FileRegistry } from "@bufbuild/protobuf";
import { isParleyError } from "@parley/core";
import { createMessageValidators } from "@parley/protobuf/validation";
import type { Finding } from "./finding.ts";
import { sourcePlace } from "./source-location.ts";

/**
 * Compiles the validation rules of every message with the validator that runs in services: a rule that it cannot
 * compile would otherwise fail the first call that carries the message.
 */
export function checkValidationRules(registry: FileRegistry, isOurs: (file: string) => boolean): readonly Finding[] {
  const validatorOf = createMessageValidators();
  const findings: Finding[] = [];
  for (const type of registry) {
    if (type.kind !== "message" || !isOurs(type.file.name)) continue;
    try {
      validatorOf(type)?.(create(type)); // an empty message compiles every rule, whether it keeps them or not
    } catch (error) {
      if (isParleyError(error) && error.code === "INVALID_ARGUMENT") continue;
      findings.push({
        kind: "validation",
        ...sourcePlace(type),
        rule: "VALIDATION_RULE_COMPILES",
        message: error instanceof Error ? error.message : String(error),
        remedy: "Correct the rule; see https://protovalidate.com/reference/rules.",
      });
    }
  }
  return findings;
}
