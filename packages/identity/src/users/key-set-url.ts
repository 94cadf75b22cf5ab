import type { FetchKeySet, KeySet } from "./jwt-options.ts";

const MAX_BYTES = 1_048_576;

/**
 * Fetches a key set from a URL.
 * @throws TypeError if it is no URL.
 */
export function fetchKeySetFrom(url: string): FetchKeySet {
  if (!URL.canParse(url)) throw new TypeError(`jwksUrl must be a URL, got ${JSON.stringify(url)}`);
  return async ({ signal }) => {
    const response = await fetch(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "error",
      signal,
    });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const text = await response.text();
    if (text.length > MAX_BYTES) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    return JSON.parse(text) as KeySet;
  };
}
