import { DEFAULT_CALL_POLICY, DEFAULT_RETRY } from "@parley/core/internal";
import { createChannel } from "../../src/create-channel.ts";
import { createServer } from "../../src/create-server.ts";
import { createInProcessChannel } from "../../src/in-process/create-in-process-channel.ts";
import { describeCalls } from "../support/call-contract.ts";

/** Every failure is to be seen as it is, and no call ended by a limit but its own. */
const policy = () => ({
  ...DEFAULT_CALL_POLICY,
  timeoutMs: 300_000,
  retry: { ...DEFAULT_RETRY, maxAttempts: 1 },
  breaker: "off" as const,
});

describeCalls("over HTTP/2", {
  async open(options) {
    const server = createServer(options);
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    const channel = createChannel({ target: `127.0.0.1:${port}`, policy, caller: "tester" });
    return {
      channel,
      async close() {
        await channel.close({ graceMs: 0 });
        await server.drain({ graceMs: 0 });
      },
    };
  },
});

describeCalls("in the process", {
  async open(options) {
    const server = createServer(options);
    const channel = createInProcessChannel(server, { policy, caller: "tester" });
    return {
      channel,
      async close() {
        await channel.close({ graceMs: 0 });
        await server.drain({ graceMs: 0 });
      },
    };
  },
});
