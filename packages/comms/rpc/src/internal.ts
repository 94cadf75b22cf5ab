/** For the other packages of Parley; outside of semantic versioning. */
export { connectHttp2, connectNodeHttp2 } from "./connection/connect-http2.ts";
export { markOrigin } from "./grpc/error-origin.ts";
export { publicMessageOf } from "./grpc/public-message.ts";
export { type SizeFault, sizeFaultOf } from "./grpc/size-fault.ts";
export { VIOLATIONS_LEFT_OUT } from "./grpc/status-details.ts";
