/** How far a transport keeps events in the order in which they were published. */
export type Ordering =
  /** No order. */
  | "none"
  /** Events of one key in order; keys go side by side. */
  | "key"
  /** All events of a topic in one order. */
  | "topic";

/** What a transport can do. Declared by the transport, never guessed from its name. */
export interface TransportCapabilities {
  /** The strongest order that a subscription may ask for. */
  readonly ordering: Ordering;
  /** Whether an acknowledged publish survives a crash of the broker. */
  readonly durable: boolean;
  /** Whether events stay readable for a time, also by groups that come later. */
  readonly retention: boolean;
  /** Whether a subscription can begin in the past, and deliveries carry a {@link Position}. */
  readonly replay: boolean;
  /** How many priorities a subscription honours; 1 is none. */
  readonly priorities: number;
  /** Whether the transport has {@link RequestReply}. */
  readonly requestReply: boolean;
  /** The largest data that it takes, in bytes. */
  readonly maxDataBytes: number;
}
