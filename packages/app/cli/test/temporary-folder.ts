import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { placeDatabases } from "./database-template.ts";
import { GREETINGS_DIR } from "./greetings.ts";

/** Within the package, so that a copied system finds `parley`; ignored by git like every data folder. */
const ROOT = fileURLToPath(new URL(".parley/", import.meta.url));

/** An empty folder that is removed when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  await mkdir(ROOT, { recursive: true });
  const folder = await mkdtemp(ROOT);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the greetings system, to be changed. Its database is there. */
export async function copyOfGreetings(): Promise<string> {
  const folder = await temporaryFolder();
  await cp(GREETINGS_DIR, folder, { recursive: true, filter: (path) => !path.includes(`${GREETINGS_DIR}/.parley`) });
  const data = join(folder, ".parley/greetings");
  await placeDatabases(join(data, "name-service"));
  return folder;
}
