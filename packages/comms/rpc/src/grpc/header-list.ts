import type { HeaderList } from "@parley/wire/internal/http2";

/** The first value of a header. A walk over the list: with the dozen headers of a call that beats building an index. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1];
  return undefined;
}
