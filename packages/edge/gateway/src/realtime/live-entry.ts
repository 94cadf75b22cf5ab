import type { Message } from "@bufbuild/protobuf";
import type { Envelope } from "@parley/transport";

/** An event on its way to clients. Everything that is the same for all of them is made once. */
export interface LiveEntry {
  readonly name: string;
  readonly envelope: Envelope;
  readonly payload: Message;
  /** The JSON members that every form of the event has: `"event":…,"time":…,"subject":…,"data":…`. */
  readonly members: string;
  readonly logKey: string;
  readonly offset: bigint;
  /** The cursor just after this event. */
  readonly id: string;
  readonly arrivedMs: number;
  readonly bytes: number;
}

/** `members` of an event. */
export function renderMembers(name: string, envelope: Envelope, data: string): string {
  const subject = envelope.subject === undefined ? "" : `"subject":${JSON.stringify(envelope.subject)},`;
  const time = JSON.stringify(new Date(envelope.timeMs).toISOString());
  return `"event":${JSON.stringify(name)},"time":${time},${subject}"data":${data}`;
}
