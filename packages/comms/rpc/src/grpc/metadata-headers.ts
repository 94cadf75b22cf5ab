/**
 * Metadata to and from headers. A `-bin` value is base64 on the wire; we send it without padding and read both.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Custom-Metadata)
 */
import { Metadata, type MetadataSource } from "@parley/core";
import type { HeaderList } from "@parley/wire/internal/http2";

/**
 * Headers that belong to HTTP/2 or gRPC, not to the application: metadata neither sends nor shows them. Other `grpc-` names
 * (`grpc-previous-rpc-attempts`, `grpc-retry-pushback-ms`) are written and read by the layers above.
 */
const RESERVED = new Set([
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "content-type",
  "content-length",
  "te",
  "date",
  "host",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Appends the metadata to a list of headers that is being made. */
export function appendMetadata(headers: string[], metadata: Metadata): void {
  if (metadata.size === 0) return;
  for (const [key, value] of metadata) {
    if (RESERVED.has(key)) continue;
    headers.push(key, typeof value === "string" ? value : encodeBinary(value));
  }
}

/** Of received headers those that metadata shows, for who holds them for long: the rest, and its texts, can then go. */
export function applicationHeaders(headers: HeaderList): HeaderList {
  const shown: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (!isReserved(name)) shown.push(name, headers[at + 1] ?? "");
  }
  return shown.slice(); // no longer than it has to be, which a list that was pushed to is
}

/**
 * The application's part of received headers. An entry that no gRPC peer may send (a value that is not printable ASCII, bytes
 * that are not base64) is left out, so that one stray header of a proxy does not fail a call.
 */
export function readMetadata(headers: HeaderList): Metadata {
  const metadata = new Metadata();
  for (let at = 0; at < headers.length; at += 2) {
    const key = headers[at] ?? "";
    if (!isReserved(key)) appendReceived(metadata, key, headers[at + 1] ?? "");
  }
  return metadata;
}

/** Headers that have come, for {@link Metadata.received}. */
export class ReceivedHeaders implements MetadataSource {
  readonly #headers: HeaderList;

  constructor(headers: HeaderList) {
    this.#headers = headers;
  }

  readMetadata(): Metadata {
    return readMetadata(this.#headers);
  }
}

function isReserved(name: string): boolean {
  return name.startsWith(":") || RESERVED.has(name);
}

function appendReceived(metadata: Metadata, key: string, value: string): void {
  try {
    if (key.endsWith("-bin")) {
      // Several values may be joined with commas, which base64 has no use for.
      for (const part of value.split(",")) {
        const bytes = decodeBinary(part.trim());
        if (bytes) metadata.append(key, bytes);
      }
    } else metadata.append(key, value);
  } catch {
    // not allowed in metadata: left out
  }
}

export function encodeBinary(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return text.replace(/=+$/, "");
}

/** The bytes of a base64 text, padded or not; undefined if it is none. */
export function decodeBinary(text: string): Uint8Array | undefined {
  return BASE64.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}
