/** Node counts what nghttp2 holds for a session, and fails new streams above this (its default is 10). */
export const MAX_SESSION_MEMORY_MB = 64;
