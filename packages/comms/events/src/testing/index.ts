/** For who writes a transport: the contract as tests. For who tests a system: a transport and stores within the process. */
export { AWKWARD_TEXTS, longText } from "./awkward-texts.ts";
export {
  describeTransportFaults,
  type FaultHarness,
  type FaultOptions,
} from "./faults/describe-transport-faults.ts";
export { disorder, eventsOf, noteIn, publishAll } from "./faults/fault-ledger.ts";
export type { KillableBroker } from "./faults/killable-broker.ts";
export { type MemberProcess, startMember } from "./faults/member-process.ts";
export { createTcpProxy, type TcpProxy } from "./faults/tcp-proxy.ts";
export { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from "./memory/broker.ts";
export { createMemoryDatabase, type MemoryDatabase } from "./memory/create-memory-database.ts";
export { createMemoryDeadLetters } from "./memory/create-memory-dead-letters.ts";
export { createMemoryInbox } from "./memory/create-memory-inbox.ts";
export { createMemoryOutbox } from "./memory/create-memory-outbox.ts";
export { createMemoryTransport, type MemoryTransportOptions } from "./memory/create-memory-transport.ts";
export { createMemoryWork } from "./memory/create-memory-work.ts";
export { type DescribeOptions, describeEventTransport } from "./suite/describe-event-transport.ts";
export type * from "./transport-harness.ts";
