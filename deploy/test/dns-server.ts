import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const TYPE_A = 1;
const ANSWER_FLAGS = 0x8180;
const NAME_ERROR_FLAGS = 0x8183;
const HEADER_BYTES = 12;
const TTL_SECONDS = 1;

export interface DnsServer extends AsyncDisposable {
  readonly port: number;
  /** What the server knows; a test changes it while clients ask. */
  readonly addresses: Map<string, string>;
}

/** A name server on loopback that answers questions for IPv4 addresses (RFC 1035 section 4) from a map. */
export async function startDnsServer(): Promise<DnsServer> {
  const addresses = new Map<string, string>();
  const socket: Socket = createSocket("udp4");
  socket.on("message", (query, client) => socket.send(answer(query, addresses), client.port, client.address));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    addresses,
    [Symbol.asyncDispose]: async () => {
      socket.close();
    },
  };
}

function answer(query: Buffer, addresses: ReadonlyMap<string, string>): Buffer {
  const { name, end } = readName(query);
  const isForAddress = query.readUInt16BE(end) === TYPE_A;
  const question = query.subarray(HEADER_BYTES, end + 4);
  const address = isForAddress ? addresses.get(name) : undefined;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(addresses.has(name) ? ANSWER_FLAGS : NAME_ERROR_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(address === undefined ? 0 : 1, 6);
  if (address === undefined) return Buffer.concat([header, question]);
  const record = Buffer.from([
    0xc0,
    HEADER_BYTES,
    0,
    TYPE_A,
    0,
    1,
    0,
    0,
    0,
    TTL_SECONDS,
    0,
    4,
    ...address.split(".").map(Number),
  ]);
  return Buffer.concat([header, question, record]);
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}
