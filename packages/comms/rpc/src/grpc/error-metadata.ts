import type { Metadata } from "@parley/core";

/** The headers and trailers of a call that failed. */
export interface ErrorMetadata {
  readonly header: Metadata;
  readonly trailer: Metadata;
}

const received = new WeakMap<Error, ErrorMetadata>();

/** Keeps the metadata beside an error: it belongs to one call, and an error travels through many hands. */
export function attachMetadata<E extends Error>(error: E, metadata: ErrorMetadata): E {
  received.set(error, metadata);
  return error;
}

/** What came, or will go, with an error: `grpc-retry-pushback-ms` and the application's own trailers. */
export function metadataOf(error: Error): ErrorMetadata | undefined {
  return received.get(error);
}
