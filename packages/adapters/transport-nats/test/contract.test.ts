import { describeEventTransport } from "@parley/transport/testing";
import { nats } from "../src/adapter.ts";
import { connect } from "../src/connect.ts";
import { foreignClient } from "./foreign-client.ts";
import { canStartBroker, startOwnBroker } from "./own-broker.ts";

describeEventTransport(
  "NATS",
  async () => {
    const broker = await startOwnBroker();
    return {
      adapter: nats(),
      connect: (options) => connect({ ...options, url: broker.url, clientName: "contract" }),
      foreign: foreignClient(broker.url),
      async restartBroker() {
        await broker.kill();
        await broker.start();
      },
      close: () => broker.remove(),
    };
  },
  { isAvailable: canStartBroker() },
);
