import type { GoProgram } from "../go-programs.ts";

const VERSION = "v1.84.0";

/** The interop programs of grpc-go. */
export const GRPC_GO_SERVER: GoProgram = { path: "google.golang.org/grpc/interop/server", version: VERSION };
export const GRPC_GO_CLIENT: GoProgram = { path: "google.golang.org/grpc/interop/client", version: VERSION };
