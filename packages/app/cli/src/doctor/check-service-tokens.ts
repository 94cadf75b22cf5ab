import type { ResolvedConfig } from "@parley/runtime";
import { type Diagnosis, ok, warning } from "./diagnosis.ts";

/** Do services ask each other who they are, and where is the secret for it? Nothing is said of a laptop that does without. */
export function checkServiceTokens({ serviceTokens, mode }: ResolvedConfig): readonly Diagnosis[] {
  switch (serviceTokens.kind) {
    case "secret":
      return [ok("service tokens", "every call between parts needs one, by the secret in SERVICE_TOKEN_SECRET")];
    case "kept":
      return [ok("service tokens", `every call between parts needs one, by the secret in ${serviceTokens.path}`)];
    case "off":
      if (mode === "development") return [];
      return [
        warning(
          "service tokens",
          "whoever reaches the port of a service may call it",
          "Set SERVICE_TOKEN_SECRET, and identity.serviceTokens: required in the policy file.",
        ),
      ];
    default:
      return serviceTokens satisfies never;
  }
}
