/**
 * `npm run packed`: packs the packages as they would be published, installs them outside of the repository with pnpm, and has a small
 * program generate its code, pass two versions of TypeScript, and run. Needs the npm registry.
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "./ci/stage.ts";
import { PROGRAM } from "./packed/program.ts";
import { runProgram } from "./services/run-program.ts";

const PNPM = "pnpm@10";
/** The oldest that is supported and the newest, each under a name of its own. */
const COMPILERS = { "typescript-5": "npm:typescript@~5.9.0", "typescript-7": "npm:typescript@^7.0.2" } as const;
const LIMIT_MS = 600_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const run = (command: string, args: readonly string[], cwd: string) =>
  runProgram(command, [...args], { cwd, timeoutMs: LIMIT_MS });

/** Packs every package. @returns the archives by the names of the packages */
async function pack(target: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(target, { recursive: true });
  const archives = new Map<string, string>();
  for (const manifest of globSync("packages/*/*/package.json", { cwd: ROOT })) {
    const cwd = join(ROOT, dirname(manifest));
    const { name, version } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
    // The repository's own .npmrc runs no scripts; a package is finished by its `prepack`.
    await run("npm", ["pack", "--silent", "--ignore-scripts=false", "--pack-destination", target], cwd);
    archives.set(name, `file:${join(target, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`)}`);
  }
  return archives;
}

/** Writes the program; of Parley's packages it names those that its own code imports. */
function writeProgram(app: string, archives: ReadonlyMap<string, string>): void {
  for (const [path, text] of Object.entries(PROGRAM)) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
  const named = [
    "parleyjs",
    "@parley/cli",
    "@parley/runtime",
    "@parley/events",
    "@parley/transport",
    "@parley/transport-nats",
  ];
  const dependencies = Object.fromEntries(named.map((name) => [name, archives.get(name)]));
  const manifest = { name: "notes", private: true, type: "module", dependencies, devDependencies: COMPILERS };
  writeFileSync(join(app, "package.json"), JSON.stringify(manifest, undefined, 2));
  // Until they are published, what depends on one of them finds it here.
  const overrides = [...archives].map(([name, archive]) => `  "${name}": "${archive}"\n`);
  writeFileSync(join(app, "pnpm-workspace.yaml"), `overrides:\n${overrides.join("")}`);
}

const dir = mkdtempSync(join(tmpdir(), "packed-"));
try {
  await run(process.execPath, ["scripts/launch.mjs", "run", "tsc", "-b"], ROOT);
  const archives = await pack(join(dir, "archives"));
  say(`ok  ${archives.size} packages are packed`);
  const app = join(dir, "app");
  writeProgram(app, archives);
  await run("npm", ["exec", "--yes", `--package=${PNPM}`, "--", "pnpm", "install", "--silent"], app);
  say("ok  they are installed by pnpm");
  const parley = join(app, "node_modules/@parley/cli/bin/parley.js");
  await run(process.execPath, [parley, "generate"], app);
  say("ok  the program's code is generated");
  for (const compiler of Object.keys(COMPILERS)) {
    await run(process.execPath, [join(app, "node_modules", compiler, "bin/tsc"), "-p", "."], app);
    say(`ok  ${compiler} finds nothing wrong`);
  }
  await run(process.execPath, ["main.ts"], app);
  say("ok  the program runs");
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
