import { findProgram, runProgram } from "../scripts/services/run-program.ts";

/** Since this release Go fetches by itself the newer one that a module asks for. */
const OLDEST = [1, 21] as const;
const VERSION_LIMIT_MS = 60_000;

/** The path of Go. Rejects if there is none, or one too old, with what to do. */
export async function findGo(): Promise<string> {
  const wanted = `Go ${OLDEST.join(".")} or newer is needed to build the programs of others`;
  const go = findProgram("go");
  if (go === undefined) throw new Error(`${wanted}: install golang-go, or put go on PATH`);
  const answer = await runProgram(go, ["version"], { timeoutMs: VERSION_LIMIT_MS });
  const [, major = 0, minor = 0] = (/\bgo(\d+)\.(\d+)/.exec(answer) ?? []).map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return go;
  throw new Error(`${wanted}; ${go} is "${answer.trim()}"`);
}
