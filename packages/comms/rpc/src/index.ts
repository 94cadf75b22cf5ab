/** gRPC: channels and clients that make calls, servers that answer them. */
export type { Channel } from "./channel/channel.ts";
export type { ChannelOptions } from "./channel/options.ts";
export type { CallOptions, Client } from "./client/client.ts";
export { createClient } from "./client/create-client.ts";
export type { ClientTls } from "./connection/connection.ts";
export { createChannel } from "./create-channel.ts";
export { createServer, type RpcServer } from "./create-server.ts";
export { checkHealth } from "./health/check-health.ts";
export { createHealthService } from "./health/health-service.ts";
export { createInProcessChannel } from "./in-process/create-in-process-channel.ts";
export { fetchDescriptors, listServices } from "./reflection/reflection-client.ts";
export { implement } from "./server/implement.ts";
export type { HandlerContext, ServiceImplementation, ServiceRegistration } from "./server/service-implementation.ts";
export type { ServerOptions } from "./server-options.ts";
