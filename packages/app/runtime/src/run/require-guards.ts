import { failedPrecondition, type Logger } from "@parley/core";
import type { PartDefinition, SystemDefinition } from "parleyjs";
import { describeUnguarded, findUnguarded } from "parleyjs/internal";
import type { ResolvedConfig } from "../config/resolved-config.ts";

/** What of some parts nothing guards, in words; undefined if all is guarded. */
export function openAccess(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  { users, serviceTokens }: ResolvedConfig,
): ReturnType<typeof describeUnguarded> {
  const guards = { users: users !== undefined, serviceTokens: serviceTokens.kind !== "off" };
  return describeUnguarded(findUnguarded(system, parts, guards));
}

/**
 * What a contract demands and nothing enforces does not start in production.
 * @throws ParleyError FAILED_PRECONDITION in production.
 */
export function requireGuards(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  config: ResolvedConfig,
): void {
  const open = config.mode === "production" ? openAccess(system, parts, config) : undefined;
  if (open) throw failedPrecondition(`${open.message}. ${open.remedy}`);
}

/** One line for each thing that is doubtful in development and refused in production, and for each doubtful setting. */
export function warnOfDoubts(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  config: ResolvedConfig,
  log: Logger,
): void {
  for (const { path, message } of config.warnings) log.warn({}, `${path} ${message}`);
  const open = openAccess(system, parts, config);
  if (open) log.warn({}, `${open.message}; in production it does not start. ${open.remedy}`);
}
