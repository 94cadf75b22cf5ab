import { headers as createHeaders, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import { type Envelope, type ExternalMessageDefaults, fromHeaderList, toHeaderList } from "@parley/transport";

/** What JetStream drops repeats by, within the stream's window. */
const MESSAGE_ID = "Nats-Msg-Id";

/** The attributes of an event as NATS headers. */
export function encodeHeaders(envelope: Envelope): MsgHdrs {
  const headers = createHeaders();
  const list = toHeaderList(envelope);
  for (let at = 0; at < list.length; at += 2) headers.set(list[at] as string, list[at + 1] as string);
  return headers;
}

export function encodeStoredHeaders(envelope: Envelope): MsgHdrs {
  const headers = encodeHeaders(envelope);
  headers.set(MESSAGE_ID, envelope.id);
  return headers;
}

export function decodeEnvelope(
  topic: string,
  message: Msg,
  defaults: Omit<ExternalMessageDefaults, "transport">,
): Envelope {
  const headers: string[] = [];
  for (const [name, values] of message.headers ?? []) headers.push(name, values[0] ?? "");
  return fromHeaderList(topic, headers, message.data, { ...defaults, transport: "nats" });
}
