import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { createManualClock } from "@parley/core";
import { Connection } from "../../../packages/base/wire/src/http1/connection.ts";
import { DefaultHeaders } from "../../../packages/base/wire/src/http1/default-headers.ts";
import type { Dice } from "../dice.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { MemorySocket } from "../memory-socket.ts";
import { mutate } from "../mutate.ts";
import { untilTrue } from "../turns.ts";

const POST = "POST /p HTTP/1.1\r\nhost: x\r\n";

const SEEDS = [
  "GET /a?b=c HTTP/1.1\r\nhost: x\r\naccept: */*\r\ncookie: a=1\r\ncookie: b=2\r\n\r\n",
  "GET http://x/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nhost:x\r\nx-a:\t b \r\nx-a: c\r\n\r\n",
  `${POST}content-length: 3\r\n\r\nabc`,
  `${POST}Content-Length: 0\r\nExpect: 100-continue\r\n\r\n`,
  `${POST}transfer-encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-b: c\r\n\r\n`,
  `${POST}transfer-encoding: Chunked\r\n\r\n0\r\n\r\n`,
].map((text) => Buffer.from(text));

/** What moves the place where a request ends, if one reads it and another does not. */
const TRICKS = [
  ...[
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "0\r\n\r\n",
    "\r\n\r\n",
    "content-length: 1\r\n",
    "content-length: 30\r\n",
  ],
  ...[
    "transfer-encoding: chunked\r\n",
    "transfer-encoding: identity\r\n",
    "Transfer-Encoding:\r\n chunked\r\n",
    "chunked, chunked",
  ],
  ...[
    "host: y\r\n",
    "connection: close\r\n",
    "connection: keep-alive\r\n",
    "expect: 100-continue\r\n",
    "HTTP/1.0",
    "HTTP/1.2",
    "\xff",
    "-1",
    "+1",
    "0x1",
  ],
].map((text) => Buffer.from(text, "latin1"));

/** What came as one request; its content once all of it has come. */
interface Seen {
  readonly head: readonly [method: string, url: string, headers: string];
  content: string | undefined;
}

/** Requests in a row, nearly right. */
function conversation(dice: Dice): Buffer {
  const requests = Array.from({ length: 1 + dice.below(4) }, () => dice.pick(SEEDS));
  let bytes = Buffer.concat(requests);
  for (let tricks = dice.below(3); tricks > 0; tricks--) {
    const at = dice.below(bytes.length + 1);
    const until = dice.oneIn(2) ? at : at + dice.below(4);
    bytes = Buffer.concat([bytes.subarray(0, at), dice.pick(TRICKS), bytes.subarray(until)]);
  }
  return dice.oneIn(3) ? mutate(bytes, dice, dice.pick(SEEDS)) : bytes;
}

async function note(
  seen: Seen[],
  { method, url, headers, body }: { method: string; url: string; headers: object; body: Readable | undefined },
): Promise<void> {
  const request: Seen = { head: [method, url, JSON.stringify(Object.entries(headers))], content: undefined };
  seen.push(request);
  const pieces: Buffer[] = [];
  for await (const piece of body ?? []) pieces.push(piece as Buffer);
  request.content = Buffer.concat(pieces).toString("latin1");
}

/** Sends it in pieces, and then the end. */
async function play(socket: MemorySocket, input: Buffer, cuts: readonly number[]): Promise<void> {
  let from = 0;
  for (const to of [...cuts, input.length]) {
    if (to > from && !socket.destroyed && !socket.readableEnded) socket.push(input.subarray(from, to));
    from = Math.max(from, to);
    await new Promise(setImmediate);
  }
}

async function seenByParley(input: Buffer, cuts: readonly number[]): Promise<readonly Seen[]> {
  const clock = createManualClock();
  const socket = new MemorySocket();
  const seen: Seen[] = [];
  let isGone = false;
  let open = 0;
  const connection = new Connection(socket.asSocket, {
    limits: { headersTimeoutMs: 10, bodyTimeoutMs: 10, keepAliveTimeoutMs: 10, stallTimeoutMs: 10, clock },
    keptHeaders: "",
    defaults: new DefaultHeaders(["x-default", "c"]),
    onGone: () => {
      isGone = true;
    },
    handler: {
      accepts: () => false,
      upgrade: () => assert.fail("it was not accepted"),
      refuse: ({ status }, response) => response.send(status, [], "{}"),
      request(request, response) {
        open++;
        response.whenOver(() => open--);
        const answer = (status: number): void => {
          if (response.open) response.send(status, ["x-a", "b"], "{}");
        };
        note(seen, request).then(
          () => answer(200),
          () => answer(400),
        );
      },
    },
  });
  await play(socket, input, cuts);
  for (let turn = 0; turn < 20 && !isGone; turn++) await new Promise(setImmediate);
  const atEnd = wholeOf(seen);
  // Whatever it waits for, it does not wait for ever.
  for (let look = 0; look < 4 && !isGone; look++) {
    connection.checkLimits(look * 10_000);
    await new Promise(setImmediate);
  }
  if (!isGone) socket.push(null);
  await untilTrue("the end of the connection", () => isGone);
  assert.equal(open, 0, "a response has not ended");
  assert.match(socket.sent.toString("latin1"), /^(?:HTTP\/1\.1 \d{3} .*)?$/s);
  return atEnd;
}

/** Those whose content has all come; they may end later, but not begin. */
function wholeOf(seen: readonly Seen[]): readonly Seen[] {
  return seen.filter(({ content }) => content !== undefined);
}

/** What `node:http` refuses and Parley does not: methods that are not on its list, and HTTP/1.2 to 1.9. */
const KNOWN = ["HPE_INVALID_METHOD", "HPE_INVALID_VERSION"];

/** `node:http` answers nothing any more once octets that are no request have come, not even what came before them. */
function assertAlike(ours: readonly Seen[], { seen, refusal }: Peer): void {
  for (const [index, { head, content }] of ours.entries()) {
    const other = seen[index];
    if (!other && KNOWN.includes(refusal ?? "")) return;
    assert.deepEqual(head, other?.head, `node:http reads another request, or none: ${refusal}`);
    if (other?.content !== undefined) assert.equal(content, other.content, "node:http reads other content");
  }
}

/** What `node:http` makes of it. */
interface Peer {
  readonly seen: Seen[];
  /** Why it refused to read on. */
  refusal: string | undefined;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method = "", url = "", headers } = request;
  note(peer.seen, { method, url, headers, body: request }).then(
    () => response.end("{}"),
    () => response.destroy(),
  );
}

let server: Server | undefined;
let peer: Peer = { seen: [], refusal: undefined };

async function readByNode(input: Buffer, cuts: readonly number[]): Promise<Peer> {
  server ??= createServer().on("request", answer).on("checkExpectation", answer); // of expectations that it does not know, which it would refuse by itself
  server.removeAllListeners("clientError").on("clientError", (error: NodeJS.ErrnoException, socket) => {
    peer.refusal ??= error.code;
    socket.destroy();
  });
  peer = { seen: [], refusal: undefined };
  const socket = new MemorySocket();
  socket.on("error", () => {});
  server.emit("connection", socket);
  await play(socket, input, cuts);
  for (let turn = 0; turn < 60; turn++) await new Promise(setImmediate);
  socket.destroy();
  return peer;
}

/**
 * What Parley takes for a request, `node:http` takes for the same: no octets can be hidden in one of the two. The other way
 * round it is stricter, and may refuse what the other takes.
 */
export const http1Connection: FuzzTarget = {
  name: "http1-connection",
  input: conversation,
  async run(input, dice) {
    const cuts = Array.from({ length: dice.below(4) }, () => dice.below(input.length + 1)).sort((a, b) => a - b);
    const ours = await seenByParley(input, cuts);
    assertAlike(ours, await readByNode(input, cuts));
    const whole = await seenByParley(input, []);
    assert.deepEqual(ours, whole, "how the octets are cut changes what is read");
  },
};
