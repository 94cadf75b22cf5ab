import { resolve } from "node:path";
import { loadSystem, serveUntilStopped, startPart } from "@parley/runtime";
import { collectYoungEarly } from "@parley/wire";
import { readConfigFlags } from "../config-flags.ts";
import { reportError } from "../report-error.ts";
import type { CommandInput } from "./command.ts";
import type { StartFlags } from "./start.ts";

export function runStart({ args, flags, output, terminal }: CommandInput<StartFlags>): Promise<number> {
  collectYoungEarly();
  const [part = ""] = args;
  const { settings, ...rest } = readConfigFlags(flags);
  const configFlags = { ...rest, settings: { ...(output.format === "json" && { LOG_FORMAT: "json" }), ...settings } };
  return serveUntilStopped(
    async () => startPart(await loadSystem(resolve(terminal.cwd, flags.system)), part, { flags: configFlags }),
    {
      // Through the log and not beside it: what collects it reads one format.
      onReady: ({ log, parts }) => {
        for (const { name, address } of parts) log.info({ part: name, address }, "ready");
      },
      onStartFailure: (error) => void reportError(error, terminal, output.format),
    },
  );
}
