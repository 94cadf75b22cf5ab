import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Ordering } from "../transport/capabilities.ts";

/** What an event promises to those who subscribe. Part of its definition: both sides read it here. */
export interface EventGuarantees {
  /** Whether events of one key (or all) are handled in the order of their commits. Default `key` if it has a key, else `none`. */
  readonly ordering?: Ordering;
  /** How long it stays readable for groups that come later. Default `7d`; `0s` asks for none. */
  readonly retention?: string;
  /** The largest data in bytes. Default 256 KiB: what is larger belongs in a store, with its name in the event. */
  readonly maxBytes?: number;
}

export interface EventOptions<Desc extends DescMessage> extends EventGuarantees {
  /** `<domain>.<action>` in lower case: `assignments.created`. Also its topic at the broker. */
  readonly name: string;
  /** The message that is its data, as JSON in the contract's names (`assignment_id`), 64-bit integers as numbers. */
  readonly schema: Desc;
  /** What it belongs to: events of one key keep their order. */
  readonly key?: (payload: MessageShape<Desc>) => string | number | bigint;
  /** What a client may ask to hear about: `courses/7`. Default none. */
  readonly subject?: (payload: MessageShape<Desc>) => string;
}

/** An event as the bus sees it. Made by {@link defineEvent}. */
export interface EventDefinition<Desc extends DescMessage = DescMessage> {
  readonly kind: "event";
  readonly name: string;
  readonly schema: Desc;
  readonly ordering: Ordering;
  readonly retentionMs: number;
  readonly maxBytes: number;
  keyOf(payload: MessageShape<Desc>): string | undefined;
  subjectOf(payload: MessageShape<Desc>): string | undefined;
}
