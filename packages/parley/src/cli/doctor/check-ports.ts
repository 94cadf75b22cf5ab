import type { ResolvedConfig } from "../../config/resolved-config.ts";
import { choosePorts } from "../../runtime/ports.ts";
import { type Diagnosis, ok, problem, reasonOf } from "./diagnosis.ts";

/** Can every part listen where it should? */
export async function checkPorts({ host, ports }: ResolvedConfig): Promise<readonly Diagnosis[]> {
  const checks = [...ports].map(async ([part, port]) => {
    try {
      await choosePorts(host, new Map([[part, port]]));
      return ok("ports", `${part} can listen on ${host}:${port}`);
    } catch (error) {
      return problem("ports", reasonOf(error), "It may be this system itself: it cannot run twice on the same ports.");
    }
  });
  return Promise.all(checks);
}
