/** Fails if an import points up, sideways or in a circle, goes around a package's door, or names a package that is not declared. */
import { fileURLToPath } from "node:url";
import { checkLayers } from "./layers/check-layers.ts";

const { files, imports, violations } = checkLayers(fileURLToPath(new URL("..", import.meta.url)));
for (const violation of violations) process.stderr.write(`${violation}\n`);
process.stdout.write(`${files} files, ${imports} imports, ${violations.length} against the layers\n`);
if (violations.length > 0) process.exitCode = 1;
