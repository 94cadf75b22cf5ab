import { noopLogger, type Random, systemClock } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, test } from "vitest";
import type { HeaderList } from "../../src/http2/http2.ts";
import { dialNodeHttp2 } from "../../src/http2/node/dial.ts";
import { createNodeHttp2Server } from "../../src/http2/node/server.ts";
import { dialSocketHttp2 } from "../../src/http2/socket/dial.ts";
import { createSocketHttp2Server } from "../../src/http2/socket/server.ts";
import { Notes } from "../../src/testing/notes.ts";
import { REQUEST } from "../../src/testing/raw-peer.ts";
import { dial, echoBytes } from "../../src/testing/socket-server.ts";

const NAME = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

function text(random: Random, alphabet: string, longest: number): string {
  return Array.from({ length: 1 + below(random, longest) }, () => alphabet[below(random, alphabet.length)]).join("");
}

/** Names repeat, so that the tables of both sides are put to use; a few values are long enough for CONTINUATION. */
function randomHeaders(random: Random, names: readonly string[]): string[] {
  const headers: string[] = [];
  for (let i = below(random, 12); i > 0; i--) {
    const printable = `${NAME}!"#$%&/()=?[]{}<>;:,~+* ABC`;
    const value = below(random, 10) === 0 ? text(random, printable, 4_000) : text(random, printable, 20);
    headers.push(names[below(random, names.length)] ?? "a", value.trim() || "x");
  }
  return headers;
}

const sorted = (headers: HeaderList): string[] => {
  const fields: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.startsWith("x-")) fields.push(`${headers[at]}: ${headers[at + 1]}`);
  }
  return fields.sort();
};

describe.each([
  ["our client and node's server", createNodeHttp2Server, dialSocketHttp2],
  ["node's client and our server", createSocketHttp2Server, dialNodeHttp2],
  ["both ours", createSocketHttp2Server, dialSocketHttp2],
])("%s", (_name, createServer, dialBy) => {
  test.each([1, 2])("understand each other's headers and bodies of any size (seed %d)", async (seed) => {
    const random = createSeededRandom(seed);
    const requests: HeaderList[] = [];
    const server = createServer({
      accept(stream, headers, caller) {
        requests.push(headers);
        return echoBytes(stream, headers, caller);
      },
      clock: systemClock,
      logger: noopLogger,
      maxConcurrentStreams: 100,
      maxHeaderBytes: 60_000,
      maxConnectionAgeMs: Number.POSITIVE_INFINITY,
      keepalive: { intervalMs: 60_000, timeoutMs: 20_000 },
      streamResets: { burst: 1_000, perSecond: 100 },
    });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    const connection = await dial(port, {}, { dialBy });
    const names = Array.from({ length: 30 }, () => `x-${text(random, NAME, 10)}`);
    for (let round = 0; round < 20; round++) {
      const batch = Array.from({ length: 1 + below(random, 5) }, () => ({
        headers: randomHeaders(random, names),
        body: Buffer.alloc(below(random, 4) === 0 ? below(random, 600_000) : below(random, 500), below(random, 256)),
      }));
      requests.length = 0;
      const answers = batch.map(async ({ headers, body }) => {
        const notes = new Notes();
        const stream = connection.open(REQUEST, headers, notes);
        const cut = below(random, body.length + 1);
        if (cut > 0) stream.write(body.subarray(0, cut));
        stream.end(body.subarray(cut));
        await notes.until(() => notes.find("end") ?? notes.find("reset"));
        return notes;
      });
      const all = await Promise.all(answers);
      all.forEach((notes, i) => {
        expect(notes.find("end")).toEqual({ end: ["x-end", "yes"] });
        expect(notes.text() === batch[i]?.body.toString("latin1")).toBe(true);
      });
      expect(requests.map((headers) => sorted(headers))).toEqual(batch.map(({ headers }) => sorted(headers)));
    }
    connection.close();
    await server.drain();
  });
});
