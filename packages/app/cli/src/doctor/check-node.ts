import { type Diagnosis, ok, problem } from "./diagnosis.ts";

/** The oldest Node that runs TypeScript sources as Parley needs it. */
const MIN_NODE_MAJOR = 24;

export function checkNode(version: string): Diagnosis {
  const major = Number(version.split(".")[0]);
  return major >= MIN_NODE_MAJOR
    ? ok("node", `Node ${version}`)
    : problem("node", `Node ${version} is too old`, `Install Node ${MIN_NODE_MAJOR} or newer from https://nodejs.org.`);
}
