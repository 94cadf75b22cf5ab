import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const STOPS_WITHIN_MS = 10_000;

/** Stops a process where it stands or, by a negative id, a process group. */
export async function freezeProcess(target: number): Promise<void> {
  process.kill(target, "SIGSTOP");
  await untilStopped(target < 0 ? await membersOf(-target) : [target]);
}

/**
 * Waits until each thread of these processes stands still. A signal only asks for it: on a busy machine other threads go on for
 * milliseconds before the one that takes it has its turn. Where there is no `/proc` it is not waited for.
 */
export async function untilStopped(pids: readonly number[]): Promise<void> {
  const giveUpAt = Date.now() + STOPS_WITHIN_MS;
  while ((await Promise.all(pids.map(runs))).some(Boolean)) {
    if (Date.now() > giveUpAt) throw new Error(`of the processes ${pids.join(", ")} some do not stop`);
    await delay(1);
  }
}

/** Whether some thread of a process is running or asleep: neither stopped nor gone. */
async function runs(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const stats = await Promise.all(threads.map((thread) => statOf(`${pid}/task/${thread}`)));
  return stats.some(([state]) => state !== undefined && "RSD".includes(state));
}

async function membersOf(group: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map(statOf));
  return pids.filter((_pid, index) => stats[index]?.[2] === String(group)).map(Number);
}

/** What follows the name of the program: the state, the parent, the group and more; nothing of a process that is gone. */
async function statOf(path: string): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${path}/stat`, "utf8").catch(() => "");
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
