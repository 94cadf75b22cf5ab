import { setTimeout as delay } from "node:timers/promises";
import { describeEventTransport } from "@parley/transport/testing";
import { rabbitmq } from "../src/adapter.ts";
import { connect } from "../src/connect.ts";
import { foreignClient } from "./foreign-client.ts";
import { canStartBroker, startOwnBroker } from "./own-broker.ts";

const NEW_QUEUE_REST_MS = 1_500;

describeEventTransport(
  "RabbitMQ",
  async () => {
    const broker = await startOwnBroker();
    return {
      adapter: rabbitmq(),
      connect: (options) => connect({ ...options, url: broker.url, clientName: "contract", newQueueRestMs: 0 }),
      foreign: foreignClient(broker.url),
      async restartBroker() {
        // What the option above leaves out, for all groups at once.
        await delay(NEW_QUEUE_REST_MS);
        await broker.kill();
        await broker.start();
      },
      close: () => broker.remove(),
    };
  },
  { isAvailable: canStartBroker() },
);
