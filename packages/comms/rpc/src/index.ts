/** gRPC: channels and clients that make calls, servers that answer them. */
export { type Channel, createChannel } from "./channel/channel.ts";
export type { ChannelOptions } from "./channel/options.ts";
export type { CallOptions, Client } from "./client/client.ts";
export { createClient } from "./client/create-client.ts";
export type { ClientTls } from "./connection/connection.ts";
export { checkHealth } from "./health/check-health.ts";
export { createHealthService } from "./health/health-service.ts";
export { createInProcessChannel } from "./in-process/create-in-process-channel.ts";
export { fetchDescriptors, listServices } from "./reflection/reflection-client.ts";
export { createServer, type RpcServer } from "./server/create-server.ts";
export { implement } from "./server/implement.ts";
export type { ServerOptions } from "./server/server-options.ts";
export type { HandlerContext, ServiceImplementation, ServiceRegistration } from "./server/service-implementation.ts";
