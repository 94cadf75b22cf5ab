import { fileURLToPath } from "node:url";
import { findProgram, runProgram } from "./run-program.ts";

const COMPOSE_FILE = fileURLToPath(new URL("../../deploy/compose.services.yaml", import.meta.url));
const PULL_TIMEOUT_MS = 10 * 60_000;

/** Whether a Docker engine answers, with compose; a client without an engine is no use. */
export async function isDockerUsable(): Promise<boolean> {
  if (findProgram("docker") === undefined) return false;
  try {
    await runProgram("docker", ["info", "--format", "{{.ServerVersion}}"], { timeoutMs: 5_000 });
    await runProgram("docker", ["compose", "version"], { timeoutMs: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts services of the compose file and waits for their health. */
export async function composeUp(names: readonly string[]): Promise<void> {
  await runProgram("docker", ["compose", "--file", COMPOSE_FILE, "up", "--detach", "--wait", ...names], {
    timeoutMs: PULL_TIMEOUT_MS,
  });
}

/** Removes the containers of services; their volumes stay. */
export async function composeDown(names: readonly string[]): Promise<void> {
  await runProgram("docker", ["compose", "--file", COMPOSE_FILE, "rm", "--stop", "--force", ...names], {
    timeoutMs: 60_000,
  });
}
