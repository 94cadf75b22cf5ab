import { existsSync } from "node:fs";
import { generateContracts } from "@parley/contract-tools";
import { isParleyError } from "@parley/core";
import { openSystemFolder } from "@parley/protobuf/internal";
import { type Diagnosis, ok, problem, reasonOf, warning } from "./diagnosis.ts";

/** Is the generated code there, and does it match the contracts? */
export async function checkContracts(dir: string): Promise<Diagnosis> {
  try {
    const folder = openSystemFolder(dir);
    const remedy = `Run parley generate --system ${dir}.`;
    if (!existsSync(folder.descriptorsPath)) return problem("contracts", "no generated code", remedy);
    const { changes } = await generateContracts(folder, { languages: ["typescript"], mode: "check" });
    if (changes.length === 0) return ok("contracts", "the generated code matches the contracts");
    return warning("contracts", `out of date: ${changes.map(({ path }) => path).join(", ")}`, remedy);
  } catch (error) {
    const remedy = isParleyError(error)
      ? "Correct the contracts, or name the folder of a system with --system."
      : "Run npm install.";
    return problem("contracts", reasonOf(error), remedy);
  }
}
