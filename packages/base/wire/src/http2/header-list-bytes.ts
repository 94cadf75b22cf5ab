import type { HeaderList } from "./http2.ts";

/** What a field counts beside its own bytes. */
const FIELD_BYTES = 32;

/** The size of a header list as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113, section 6.5.2). */
export function headerListBytes(headers: HeaderList): number {
  let bytes = headers.length * (FIELD_BYTES / 2);
  for (const text of headers) bytes += text.length;
  return bytes;
}
