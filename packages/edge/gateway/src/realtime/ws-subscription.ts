import type { LiveEntry } from "./live-entry.ts";
import type { LiveSink, Reset, ResetCode } from "./live-reader.ts";
import type { SubscriptionId } from "./ws-messages.ts";

/** The connection that subscriptions share. */
interface Connection {
  room(): Promise<void> | undefined;
  send(text: string): void;
  countReset(code: ResetCode): void;
}

/** Writes what one subscription hears, under the id that the client gave it. */
export class WsSubscription implements LiveSink {
  readonly #connection: Connection;
  readonly #name: string;

  constructor(connection: Connection, id: SubscriptionId) {
    this.#connection = connection;
    this.#name = JSON.stringify(id);
  }

  room(): Promise<void> | undefined {
    return this.#connection.room();
  }

  event({ members }: LiveEntry, id: string): void {
    this.#connection.send(`{"type":"event","subscription":${this.#name},"id":"${id}",${members}}`);
  }

  reset({ code, reason }: Reset, id: string): void {
    this.#connection.countReset(code);
    this.#connection.send(
      JSON.stringify({ type: "reset", subscription: JSON.parse(this.#name) as SubscriptionId, id, code, reason }),
    );
  }

  position(id: string): void {
    this.#connection.send(`{"type":"position","subscription":${this.#name},"id":"${id}"}`);
  }
}
