/** What both sides ask of Node's sessions. */
export const SESSION_OPTIONS = {
  /** Node counts what nghttp2 holds for a session, in MiB, and fails new streams above this (its default is 10). */
  maxSessionMemory: 64,
  /** Metadata may repeat any key, where Node throws for an `etag` that comes twice. */
  strictSingleValueFields: false,
} as const;
