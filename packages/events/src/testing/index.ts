/** For who writes a transport: the contract as tests. For who tests a system: a transport and stores within the process. */
export { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from "./memory/broker.ts";
export { createMemoryTransport, type MemoryTransportOptions } from "./memory/create-memory-transport.ts";
export { type DescribeOptions, describeEventTransport } from "./suite/describe-event-transport.ts";
export type * from "./transport-harness.ts";
