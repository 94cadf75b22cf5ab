import { describeEventTransport } from "@parley/transport/testing";
import { connect } from "../src/connect.ts";
import { foreignClient } from "./foreign-client.ts";
import { canStartServer, startOwnServer } from "./own-server.ts";

describeEventTransport(
  "Redis",
  async () => {
    const server = await startOwnServer();
    return {
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
