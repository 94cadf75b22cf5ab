import { type ExitCode, type ProcessOptions, runProcesses } from "@parley/runtime";
import { expect, onTestFinished } from "vitest";
import { copyOfGreetings } from "../temporary-folder.ts";

export interface RunningGroup {
  readonly directory: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<ExitCode>;
  stop(): void;
  pidOf(name: string): number | undefined;
  /** Resolves with the first line that was printed since the last one asked for and contains this. */
  line(containing: string): Promise<string>;
  door(): Promise<string>;
}

/** Runs a copy of the greetings system in child processes until the test ends. */
export async function runGroup(
  options: Omit<ProcessOptions, "write" | "listen" | "colors">,
  directory?: string,
): Promise<RunningGroup> {
  const folder = directory ?? (await copyOfGreetings());
  let printed = "";
  let read = 0;
  let wake = (): void => {};
  const asked = Promise.withResolvers<() => void>();
  const group = runProcesses(
    { directory: folder },
    {
      ...options,
      colors: "off",
      write(text) {
        printed += text;
        wake();
      },
      listen({ stop }) {
        asked.resolve(() => stop({ reason: "the test has ended" }));
        return () => {};
      },
    },
  );
  const stop = await asked.promise;
  onTestFinished(async () => {
    stop();
    await group.ended;
  });
  const line = async (containing: string): Promise<string> => {
    for (;;) {
      const end = printed.indexOf("\n", Math.max(read, printed.indexOf(containing, read)));
      const found = printed.indexOf(containing, read);
      if (found >= 0 && end >= 0) {
        read = end + 1;
        return printed.slice(printed.lastIndexOf("\n", found) + 1, end);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const door = async (): Promise<string> => /http:\S+/.exec(await line("http:"))?.[0] ?? expect.fail("no address");
  return { directory: folder, ready: group.ready, ended: group.ended, stop, pidOf: group.pidOf, line, door };
}
