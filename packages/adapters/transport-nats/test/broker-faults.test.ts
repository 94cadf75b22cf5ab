import { describeTransportFaults } from "@parley/transport/testing";
import { connect } from "../src/connect.ts";
import { canStartBroker, startOwnBroker } from "./own-broker.ts";

describeTransportFaults(
  "NATS",
  {
    startBroker: () => startOwnBroker(),
    connect: (url, options) => connect({ url, clientName: "faults", ...options }),
  },
  { isAvailable: canStartBroker() },
);
