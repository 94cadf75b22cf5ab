export type { LoadBalancing } from "./balancer/create-balancer.ts";
export { type Channel, createChannel } from "./channel/channel.ts";
export type { ChannelOptions } from "./channel/options.ts";
export type { CallOptions, Client, ClientMethod } from "./client/client.ts";
export { createClient } from "./client/create-client.ts";
export { connectHttp2, connectNodeHttp2 } from "./connection/connect-http2.ts";
export { connectInProcess } from "./connection/connect-in-process.ts";
export type * from "./connection/connection.ts";
export { type ErrorMetadata, metadataOf } from "./grpc/error-metadata.ts";
export { publicMessageOf } from "./grpc/public-message.ts";
export { type SizeFault, sizeFaultOf } from "./grpc/size-fault.ts";
export { VIOLATIONS_LEFT_OUT } from "./grpc/status-details.ts";
export { checkHealth } from "./health/check-health.ts";
export { createHealthService, type HealthService, type HealthStatus } from "./health/health-service.ts";
export { createInProcessChannel, type InProcessChannelOptions } from "./in-process/create-in-process-channel.ts";
export { fetchDescriptors, listServices } from "./reflection/reflection-client.ts";
export type { Lookup } from "./resolver/dns-resolver.ts";
export { createServer, type RpcServer } from "./server/create-server.ts";
export { implement } from "./server/implement.ts";
export type { ServerOptions } from "./server/server-options.ts";
export type {
  HandlerContext,
  MethodImplementation,
  ServiceImplementation,
  ServiceRegistration,
} from "./server/service-implementation.ts";
export type { TlsFiles } from "./tls/tls-files.ts";
