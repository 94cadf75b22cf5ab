import type { ResolvedConfig } from "@parley/runtime";
import { choosePorts } from "@parley/runtime/internal";
import type { PartDefinition } from "parleyjs";
import { type Diagnosis, ok, problem, reasonOf } from "./diagnosis.ts";

/** Can these parts listen where they should? */
export async function checkPorts(
  { host, ports }: ResolvedConfig,
  parts: readonly PartDefinition[],
): Promise<readonly Diagnosis[]> {
  const checks = parts.map(async ({ name, port: defaultPort }) => {
    const port = ports.get(name) ?? defaultPort;
    try {
      await choosePorts(host, new Map([[name, port]]));
      return ok("ports", `${name} can listen on ${host}:${port}`);
    } catch (error) {
      return problem("ports", reasonOf(error), "It may be this system itself: it cannot run twice on the same ports.");
    }
  });
  return Promise.all(checks);
}
