import { describeTransportFaults } from "@parley/transport/testing";
import { connect } from "../src/connect.ts";
import { canStartServer, startOwnServer } from "./own-server.ts";

describeTransportFaults(
  "Redis",
  {
    startBroker: () => startOwnServer(),
    connect: (url, options) => connect({ url, clientName: "faults", ...options }),
  },
  { isAvailable: canStartServer(), events: 3_000 },
);
