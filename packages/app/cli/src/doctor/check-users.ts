import { noopLogger, systemClock } from "@parley/core";
import type { ResolvedConfig } from "@parley/runtime";
import { openAccess } from "@parley/runtime/internal";
import type { PartDefinition, SystemDefinition } from "parleyjs";
import { type Diagnosis, ok, problem, reasonOf, warning } from "./diagnosis.ts";

/** Is there something that verifies users, and does it keep from anybody what the contracts keep from anybody? */
export async function checkUsers(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  config: ResolvedConfig,
): Promise<readonly Diagnosis[]> {
  const doubts = config.warnings.map(({ path, message }) =>
    warning("configuration", `${path} ${message}`, "Correct the value, or remove it."),
  );
  const open = openAccess(system, parts, config);
  if (open) {
    const found = config.mode === "production" ? problem : warning;
    return [...doubts, found("users", open.message, open.remedy)];
  }
  return config.users ? [...doubts, await checkKeys(config.users)] : doubts;
}

async function checkKeys({ keys, claims, source }: NonNullable<ResolvedConfig["users"]>): Promise<Diagnosis> {
  const fine = ok("users", `their tokens are verified with ${source}, at the gateway and at every service`);
  if ("contract" in keys) return fine;
  const { createJwtAuthenticate } = await import("@parley/identity");
  try {
    createJwtAuthenticate({ ...keys, ...claims }, { clock: systemClock, logger: noopLogger });
    return fine;
  } catch (error) {
    return problem("users", `${source} cannot be used: ${reasonOf(error)}`, "Correct the keys.");
  }
}
