import { createHash } from "node:crypto";
import { invalidArgument } from "parleyjs";

const DEFAULT_PAGE_SIZE = 20;

/** The part of a list request that every list has. */
export interface PageRequest {
  /** 0 means the default. */
  readonly pageSize: number;
  /** Empty, or made by {@link Page.of}. */
  readonly pageToken: string;
}

/** One page of a list that is ordered by a key. */
export interface Page {
  /** The key of the last item of the page before; undefined on the first page. */
  readonly after: string | undefined;
  /** How many rows to read: one more than are shown, to know whether there are more. */
  readonly readLimit: number;
  of<Row, Item>(
    rows: readonly Row[],
    keyOf: (row: Row) => string | bigint,
    toItem: (row: Row) => Item,
  ): { readonly items: Item[]; readonly pagination: { readonly nextPageToken: string; readonly hasMore: boolean } };
}

const KEYS = { number: /^\d{1,18}$/, text: /^[^\0]{1,64}$/ } as const;

export interface PageOptions {
  /** What the list is of, with its filters: a token of another list is refused. */
  readonly list: readonly unknown[];
  /** What the key looks like. Default `number`. */
  readonly key?: keyof typeof KEYS;
}

/**
 * Reads where a page begins. A token is the key of the last item shown, bound to its list; it gives nobody more than
 * the list does, so it is checked but not signed.
 * @throws ParleyError INVALID_ARGUMENT for a token that no page of this list ended with.
 */
export function readPage({ pageSize, pageToken }: PageRequest, { list, key = "number" }: PageOptions): Page {
  const limit = pageSize || DEFAULT_PAGE_SIZE;
  const mark = createHash("sha256").update(JSON.stringify(list)).digest("base64url").slice(0, 8);
  return {
    after: pageToken === "" ? undefined : keyIn(pageToken, mark, KEYS[key]),
    readLimit: limit + 1,
    of(rows, keyOf, toItem) {
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      const nextPageToken = last === undefined ? "" : Buffer.from(`${mark}${keyOf(last)}`).toString("base64url");
      return { items: shown.map(toItem), pagination: { nextPageToken, hasMore: nextPageToken !== "" } };
    },
  };
}

function keyIn(token: string, mark: string, pattern: RegExp): string {
  const text = Buffer.from(token, "base64url").toString();
  const key = text.slice(mark.length);
  if (!text.startsWith(mark) || !pattern.test(key)) {
    throw invalidArgument({
      field: "page_token",
      description: "must be what an earlier page of the same list ended with, or empty",
    });
  }
  return key;
}
