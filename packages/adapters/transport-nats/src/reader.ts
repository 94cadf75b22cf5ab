import type { JetStreamManager } from "@nats-io/jetstream";
import type { Clock, Logger } from "@parley/core";
import type { DeliveryHandler, KeyedExecutor, Subscription } from "@parley/transport";
import type { Connection } from "./connection.ts";
import type { Topics } from "./topics.ts";

/** Reads one topic for one member. */
export interface Reader {
  lag(): Promise<number>;
  /** Takes nothing more. */
  stopIntake(): Promise<void>;
  /** Aborts the handlers that run. */
  abort(): void;
  /** After the executor is closed: gives back what is left. */
  leave(): Promise<void>;
}

export interface ReaderSettings {
  readonly connection: Connection;
  readonly manager: JetStreamManager;
  readonly topics: Topics;
  readonly topic: string;
  readonly subscription: Subscription;
  readonly executor: KeyedExecutor;
  readonly handler: DeliveryHandler;
  readonly clientName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}
