import type { FuzzTarget } from "./fuzz-target.ts";
import { clientConnection } from "./targets/client-connection.ts";
import { grpcFraming } from "./targets/grpc-framing.ts";
import { grpcHeaders } from "./targets/grpc-headers.ts";
import { hpackDecoder, hpackRoundTrip } from "./targets/hpack.ts";
import { pathTemplates, requestTargets } from "./targets/http-routes.ts";
import { http1Connection } from "./targets/http1-connection.ts";
import { jsonMessages, jsonValues } from "./targets/json.ts";
import { protobufCodec } from "./targets/protobuf-codec.ts";
import { serverConnection } from "./targets/server-connection.ts";

/** Everything of Parley that takes what strangers send. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  serverConnection,
  clientConnection,
  hpackDecoder,
  hpackRoundTrip,
  grpcFraming,
  grpcHeaders,
  http1Connection,
  pathTemplates,
  requestTargets,
  jsonValues,
  jsonMessages,
  protobufCodec,
];
