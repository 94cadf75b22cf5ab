import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LaunchError } from "./launch-error.mjs";

/**
 * @typedef {{ root: string; node: string }} TaskContext `root` of the repository, `node` that runs the step
 * @typedef {{ command: string; args: readonly string[] }} Step
 * @typedef {{ usage: string; summary: string; steps: (args: readonly string[], context: TaskContext) => readonly Step[]; projects?: readonly string[] }} Task
 *   `projects`: folders with a lock file of their own that must be installed too
 */

/** Sources run as they are: the condition makes every `@parley/*` import resolve to TypeScript. */
const FROM_SOURCE = ["--conditions=@parley/source", "--disable-warning=ExperimentalWarning"];
const DEFAULT_SYSTEM = "gradeloop";

/** @param {TaskContext} context @param {string} script @param {readonly string[]} args @returns {Step} */
function script({ node, root }, script, args) {
  return { command: node, args: [...FROM_SOURCE, join(root, script), ...args] };
}

/** @param {TaskContext} context @param {string} name @param {readonly string[]} args @returns {Step} */
function bin({ root }, name, args) {
  const path = join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
  if (!existsSync(path)) throw new LaunchError(`No installed package has the command "${name}".`, 2);
  return { command: path, args };
}

/** @param {TaskContext} context @param {readonly string[]} args */
function parley(context, args) {
  return script(context, "packages/app/cli/src/main.ts", args);
}

/** @param {string} root @returns {string[]} */
export function listSystems(root) {
  return readdirSync(join(root, "systems")).filter((name) => existsSync(join(root, "systems", name, "system.ts")));
}

/** @param {string} root @param {string} name */
function systemDir(root, name) {
  const systems = listSystems(root);
  if (!systems.includes(name))
    throw new LaunchError(`No system "${name}". There is: ${systems.join(", ")}. Try: npm start ${systems[0]}`, 2);
  return join("systems", name);
}

/** @type {Record<string, Task>} */
export const TASKS = {
  start: {
    usage: "start [system] [options]",
    summary: `run a whole system for development (default: ${DEFAULT_SYSTEM})`,
    steps: (args, context) => {
      const [first] = args;
      const isNamed = first !== undefined && !first.startsWith("-");
      const dir = systemDir(context.root, isNamed ? first : DEFAULT_SYSTEM);
      return [parley(context, ["dev", dir, ...(isNamed ? args.slice(1) : args)])];
    },
  },
  parley: {
    usage: "parley …",
    summary: "the parley command, from source",
    steps: (args, context) => [parley(context, args)],
  },
  test: {
    usage: "test [files] [--all]",
    summary: "the tests that take minutes, those named, or with --all those too that kill and freeze processes",
    steps: (args, context) => {
      const rest = args.filter((arg) => arg !== "--all");
      const isWhole = rest.length < args.length || rest.some((arg) => !arg.startsWith("-"));
      return [bin(context, "vitest", ["run", ...(isWhole ? [] : ["--project", "quick"]), ...rest])];
    },
  },
  typecheck: {
    usage: "typecheck",
    summary: "check the types of sources, tests, systems and scripts",
    projects: ["bench"],
    steps: (_args, context) => [
      bin(context, "tsc", ["-b"]),
      bin(context, "tsc", ["-p", "tsconfig.tests.json"]),
      script(context, "scripts/api/type-budget.ts", []),
    ],
  },
  layers: {
    usage: "layers",
    summary: "check that imports point down only",
    steps: (args, context) => [script(context, "scripts/check-layers.ts", args)],
  },
  generate: {
    usage: "generate [--check]",
    summary: "generate code from the contracts, or check that what is committed equals it",
    steps: (args, context) => [script(context, "scripts/generate.ts", args)],
  },
  services: {
    usage: "services up|down|status",
    summary: "start, stop or list real servers for development",
    steps: (args, context) => [script(context, "scripts/services.ts", args)],
  },
  bench: {
    usage: "bench <name>",
    summary: "measure Parley and its peers side by side",
    projects: ["bench"],
    steps: (args, context) => [script(context, "bench/main.ts", args)],
  },
  conformance: {
    usage: "conformance <suite>",
    summary: "hold Parley to the suites of others, and to noise",
    steps: (args, context) => [script(context, "conformance/main.ts", args)],
  },
  examples: {
    usage: "examples",
    summary: "run the programs of other languages against gradeloop",
    steps: (args, context) => [script(context, "scripts/examples.ts", args)],
  },
  packed: {
    usage: "packed",
    summary: "pack the packages, install them elsewhere, and compile and run a program there",
    steps: (args, context) => [script(context, "scripts/packed.ts", args)],
  },
  ci: {
    usage: "ci",
    summary: "everything that continuous integration runs",
    steps: (args, context) => [script(context, "scripts/ci.ts", args)],
  },
  run: {
    usage: "run <command> …",
    summary: "a command of an installed package",
    steps: ([name, ...args], context) => {
      if (name === undefined) throw new LaunchError("Which command? For example: run biome check .", 2);
      return [bin(context, name, args)];
    },
  },
};
