/** The main module of a child process: does what its parent's first message says. */
import { keepCompiledCode } from "@parley/wire/internal/compile-cache";
import { STOP_SIGNALS } from "../run/stop-signals.ts";
import type { FromChild, ToChild } from "./messages.ts";
import { onEndedPipe } from "./on-ended-pipe.ts";

keepCompiledCode();
const unread: FromChild = { type: "unread" };
onEndedPipe(() => process.send?.(unread, undefined, undefined, () => {}));

// A Ctrl-C, and a supervisor such as systemd, signal every process of the group at once; what to stop, and in which
// order, is for the parent to say.
const leaveToParent = (): void => {};
for (const signal of STOP_SIGNALS) process.on(signal, leaveToParent);
// Without a parent, the next signal ends what the end of the parent has not.
process.once("disconnect", () => {
  for (const signal of STOP_SIGNALS) process.off(signal, leaveToParent);
});

const { runChild } = await import("./run-child.ts");
const { reportFailure } = await import("../run/report-failure.ts");

process.once("message", (message: ToChild) => {
  if (message.type !== "start") return process.exit(0);
  runChild(message).then(
    (exitCode) => process.exit(exitCode),
    (error: unknown) => {
      reportFailure(error);
      process.exit(1);
    },
  );
});
