/** Stores and a database within the process, for tests of buses. */
export { createMemoryDatabase, type MemoryDatabase } from "./memory/create-memory-database.ts";
export { createMemoryDeadLetters } from "./memory/create-memory-dead-letters.ts";
export { createMemoryInbox } from "./memory/create-memory-inbox.ts";
export { createMemoryOutbox } from "./memory/create-memory-outbox.ts";
export { createMemoryWork } from "./memory/create-memory-work.ts";
