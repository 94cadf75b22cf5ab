/** What speaks HTTP/2. */
export type Engine = "parley" | "node";

export const ENGINES: readonly Engine[] = ["parley", "node"];

/** What an engine is called in reports. */
export const ENGINE_NAMES: Readonly<Record<Engine, string>> = { parley: "own HTTP/2", node: "node:http2" };

/** @throws TypeError that lists the engines. */
export function parseEngine(text: string): Engine {
  const engine = ENGINES.find((each) => each === text);
  if (engine) return engine;
  throw new TypeError(`--engine must be ${ENGINES.join(" or ")}, got ${text}`);
}
