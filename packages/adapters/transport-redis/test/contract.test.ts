import { describeEventTransport } from "@parley/transport/testing";
import { redis } from "../src/adapter.ts";
import { connect } from "../src/connect.ts";
import { foreignClient } from "./foreign-client.ts";
import { canStartServer, startOwnServer } from "./own-server.ts";

describeEventTransport(
  "Redis",
  async () => {
    const server = await startOwnServer();
    return {
      adapter: redis(),
      connect: (options) => connect({ ...options, url: server.url, clientName: "contract" }),
      foreign: foreignClient(server.url),
      async restartBroker() {
        await server.kill();
        await server.start();
      },
      close: () => server.remove(),
    };
  },
  { isAvailable: canStartServer() },
);
