/** What tests of a system need beyond `parley` itself. It asks for no test runner. */
export { createInProcessChannel, createServer, implement, type RpcServer } from "@parley/rpc";
export { type StartedSystem, type StartForTestOptions, startForTest } from "./start-for-test.ts";
