import { metadataOf } from "../grpc/error-metadata.ts";
import type { CallOptions } from "./client.ts";

/** Hands over what came with a failure, and passes the failure on. */
export function told(error: unknown, { onHeader, onTrailer }: CallOptions): unknown {
  const metadata = error instanceof Error ? metadataOf(error) : undefined;
  if (metadata) {
    onHeader?.(metadata.header);
    onTrailer?.(metadata.trailer);
  }
  return error;
}
