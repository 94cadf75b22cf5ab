/** The contract of transports as a suite of tests, faults included, and the transport in memory. Needs Vitest. */
export { AWKWARD_TEXTS, longText } from "./awkward-texts.ts";
export { describeTransportFaults, type FaultHarness, type FaultOptions } from "./faults/describe-transport-faults.ts";
export { eventsOf, orderViolations, publishAll, recordInto } from "./faults/fault-ledger.ts";
export type { KillableBroker } from "./faults/killable-broker.ts";
export { type MemberProcess, startMember } from "./faults/member-process.ts";
export { createTcpProxy, type TcpProxy } from "./faults/tcp-proxy.ts";
export { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from "./memory/broker.ts";
export { createMemoryTransport, type MemoryTransportOptions } from "./memory/create-memory-transport.ts";
export { type DescribeOptions, describeEventTransport } from "./suite/describe-event-transport.ts";
export type * from "./transport-harness.ts";
