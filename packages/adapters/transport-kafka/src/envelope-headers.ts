import {
  type Envelope,
  fromHeaderList,
  HeaderBytes,
  HeaderTexts,
  KAFKA_HEADERS,
  toHeaderList,
} from "@parley/transport";
import type { KafkaRecord, MessageToProduce } from "@platformatic/kafka";

/** A record with its place. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly record: KafkaRecord;
}

const texts = new HeaderTexts();
const bytes = new HeaderBytes();

/** An event as a record: the key chooses the partition, as with every other client. */
export function encodeRecord(topic: string, envelope: Envelope): MessageToProduce<Buffer, Buffer, Buffer, Buffer> {
  const list = toHeaderList(envelope, KAFKA_HEADERS);
  const headers = new Map<Buffer, Buffer>();
  for (let at = 0; at < list.length; at += 2) {
    headers.set(...bytes.encode(list[at] as string, list[at + 1] as string));
  }
  const value = Buffer.from(envelope.data.buffer, envelope.data.byteOffset, envelope.data.byteLength);
  return { topic, value, headers, ...(envelope.key === undefined ? {} : { key: Buffer.from(envelope.key) }) };
}

export function decodeRecord({ topic, partition, offset, timestampMs, record }: Fetched): Envelope {
  const headers: string[] = [];
  for (const [name, value] of record.headers) {
    if (name === null || value === null) continue;
    const header = texts.header(name);
    headers.push(header.name, header.value(value));
  }
  const defaults = {
    transport: "kafka",
    id: `${topic}/${partition}/${offset}`,
    receivedAtMs: timestampMs,
    key: record.key?.toString(),
  };
  return fromHeaderList(topic, headers, record.value ?? new Uint8Array(), defaults, KAFKA_HEADERS);
}

/** About what a record takes in a batch. */
export function sizeOf({ data, key = "" }: Envelope): number {
  return data.byteLength + key.length + AVERAGE_HEADERS_BYTES;
}

const AVERAGE_HEADERS_BYTES = 512;
