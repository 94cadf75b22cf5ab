import { invalidArgument } from "parleyjs";

const DEFAULT_PAGE_SIZE = 20;
const LARGEST_ID = 2 ** 31 - 1;

/** The part of a list request that every list has. */
interface PageRequest {
  /** 0 means the default. */
  readonly pageSize: number;
  /** Empty, or a token made by {@link pageOf}. */
  readonly pageToken: string;
}

/** Reads where a page begins and how long it may be. A token is the last id of the page before, written so that nobody builds on it. */
export function readPage({ pageSize, pageToken }: PageRequest): { after: number; limit: number } {
  const limit = pageSize || DEFAULT_PAGE_SIZE;
  if (pageToken === "") return { after: 0, limit };
  const match = /^after:(\d{1,10})$/.exec(Buffer.from(pageToken, "base64url").toString("latin1"));
  const after = Number(match?.[1]);
  if (!match || after > LARGEST_ID) {
    throw invalidArgument({ field: "page_token", description: "must be what an earlier page ended with, or empty" });
  }
  return { after, limit };
}

/** A page from rows in the order of their ids, of which one more than the limit was asked for. */
export function pageOf<R extends { id: number }, T>(
  rows: readonly R[],
  limit: number,
  toItem: (row: R) => T,
): { items: T[]; nextPageToken: string } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(toItem),
    nextPageToken: last ? Buffer.from(`after:${last.id}`).toString("base64url") : "",
  };
}
