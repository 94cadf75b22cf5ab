import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FetchKeySet, KeySet } from "./jwt-options.ts";

const MAX_BYTES = 1_048_576;

/** A source of keys, and those that are known before the first token. */
export interface KeySetSource {
  readonly fetch: FetchKeySet;
  readonly initial?: KeySet;
}

/**
 * Fetches a key set from an `https:`, `http:` or `file:` URL.
 * @throws TypeError if it is no such URL, or if a file cannot be read.
 */
export function openKeySetUrl(url: string): KeySetSource {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  switch (protocol) {
    case "https:":
    case "http:":
      return { fetch: fetchOver(url) };
    case "file:": {
      const path = pathOf(url, "jwksUrl");
      return {
        initial: readInitial(path),
        fetch: async ({ signal }) => parse(await readFile(path, { encoding: "utf8", signal })),
      };
    }
    default:
      throw new TypeError(`jwksUrl must be an https:, http: or file: URL, got ${JSON.stringify(url)}`);
  }
}

/** The path that a `file:` URL names. @throws TypeError if it names none on this machine. */
export function pathOf(url: string, option: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new TypeError(`${option} ${JSON.stringify(url)} names no file of this machine: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function readInitial(path: string): KeySet {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TypeError(`the key set of jwksUrl cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function fetchOver(url: string): FetchKeySet {
  return async ({ signal }) => {
    const response = await fetch(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "error",
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${url} answered ${response.status}`);
    }
    return parse(await readBounded(response, url));
  };
}

/** Stops at the limit, so that a source that never ends costs no more memory than that. */
async function readBounded(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): KeySet {
  if (text.length > MAX_BYTES) throw new Error(`a key set has more than ${MAX_BYTES} bytes`);
  return JSON.parse(text) as KeySet;
}
