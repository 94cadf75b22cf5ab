import { headers as createHeaders, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import { type Envelope, type ForeignDefaults, fromHeaders, toHeaders } from "@parley/events";

/** What JetStream drops repeats by, within the stream's window. */
const MESSAGE_ID = "Nats-Msg-Id";

/** The attributes of an event as NATS headers. */
export function encodeHeaders(envelope: Envelope): MsgHdrs {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(toHeaders(envelope))) headers.set(name, value);
  return headers;
}

export function encodeStoredHeaders(envelope: Envelope): MsgHdrs {
  const headers = encodeHeaders(envelope);
  headers.set(MESSAGE_ID, envelope.id);
  return headers;
}

export function decodeEnvelope(topic: string, message: Msg, defaults: Omit<ForeignDefaults, "transport">): Envelope {
  const headers: Record<string, string> = {};
  for (const [name, values] of message.headers ?? []) headers[name] = values[0] ?? "";
  return fromHeaders(topic, headers, message.data, { ...defaults, transport: "nats" });
}
