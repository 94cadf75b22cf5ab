import { parseArgs } from "node:util";
import { type Engine, parseEngine } from "../engine.ts";

/** `--engine parley|node` of a program under test. Default Parley's own. */
export function engineOf(args: readonly string[]): Engine {
  const { values } = parseArgs({ args: [...args], options: { engine: { type: "string", default: "parley" } } });
  return parseEngine(values.engine);
}
