import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const CORPUS_DIR = join(import.meta.dirname, "corpus");

const cache = new Map<string, readonly Buffer[]>();

/** What real clients, or real servers, sent on whole connections; see `record-corpus.ts`. In a stable order. */
export function readCorpus(side: "client" | "server"): readonly Buffer[] {
  let conversations = cache.get(side);
  if (!conversations) {
    const dir = join(CORPUS_DIR, side);
    conversations = readdirSync(dir)
      .toSorted()
      .map((file) => readFileSync(join(dir, file)));
    cache.set(side, conversations);
  }
  return conversations;
}
