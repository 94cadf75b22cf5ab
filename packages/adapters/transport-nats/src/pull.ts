import { createInbox, type Msg, nanos } from "@nats-io/transport-node";
import type { Clock, Timer } from "@parley/core";
import { type DeliveryPlace, parseAckSubject } from "./ack-subject.ts";
import type { Connection } from "./connection.ts";

/** One message of a stream as a consumer gave it. */
export interface Pulled {
  readonly message: Msg;
  readonly place: DeliveryPlace;
}

export interface PullSettings {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly stream: () => string;
  /** The present name of the consumer; asked anew for each request, since one that was lost gets another. */
  readonly consumer: () => string;
  /** Asks as a member of this priority group, whose requests are served for one pinned member at a time. */
  readonly priorityGroup?: string | undefined;
  /** How many more messages may come now. */
  readonly room: () => number;
  readonly onMessage: (pulled: Pulled) => void;
  /** The broker has pinned this member, under a name that is new at each pinning. */
  readonly onPinned?: (() => void) | undefined;
  /** Another member is pinned now. */
  readonly onUnpinned?: (() => void) | undefined;
  /** Nothing came, not even a heartbeat, or the broker says that the consumer is gone: look after it, then resolve. */
  readonly onSilence: (reason: string) => Promise<void>;
}

/** Requests messages from a consumer as there is room for them. */
export interface Pull {
  /** Whether the broker serves this member, as far as it has said. */
  readonly isPinned: boolean;
  /** Call when there is more room. */
  refill(): void;
  /** Tells the broker that this member lives although it has no room. */
  keepPin(): void;
  /** Counts its requests as lost, looks after the consumer, and asks again. */
  restart(reason: string): void;
  /** Requests no more. Resolves when what was on its way has come. */
  stop(): Promise<void>;
}

const REQUEST_EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 2_000;
/** Two heartbeats may be late on a busy machine; then the requests count as lost. */
const SILENCE_MS = 3 * HEARTBEAT_MS;
const KEEP_PIN_EXPIRES_MS = 100;
const PIN_HEADER = "Nats-Pin-Id";
const PENDING_HEADER = "Nats-Pending-Messages";
const STATUS = { heartbeat: 100, wrongPin: 423 } as const;
/** Ends of a request that say nothing bad: it expired, nothing was there, its batch was cut short. */
const ORDINARY_ENDS = /Request Timeout|No Messages|Interest Expired|MaxBytes|Batch Completed|Requests Pending/i;

export function createPull(settings: PullSettings): Pull {
  const { connection, clock, stream, consumer, priorityGroup, room, onMessage, onPinned, onUnpinned, onSilence } =
    settings;
  const { nats } = connection;
  const inbox = createInbox();
  let requested = 0;
  let requests = 0;
  /** Statuses of requests up to this one are of no interest: they were given up. */
  let givenUp = 0;
  let pin: string | undefined;
  let heardAtMs = clock.now();
  let state: "pulling" | "looking" | "stopped" = "pulling";
  let timer: Timer | undefined;

  const subscription = nats.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error) return;
      heardAtMs = clock.now();
      const place = parseAckSubject(message.reply ?? "");
      if (place) take({ message, place });
      else hear(message);
    },
  });
  const unwatch = connection.watch((isUp) => {
    if (!isUp) return;
    giveUp();
    void look("the connection was lost");
  });
  watchSilence();

  function take(pulled: Pulled): void {
    requested = Math.max(0, requested - 1);
    const named = pulled.message.headers?.get(PIN_HEADER);
    if (named && named !== pin) {
      pin = named;
      onPinned?.();
    }
    onMessage(pulled);
    refill();
  }

  function hear({ subject, headers }: Msg): void {
    const request = Number(subject.slice(inbox.length + 1));
    if (!headers || headers.code === STATUS.heartbeat || !(request > givenUp)) return;
    const pending = headers.get(PENDING_HEADER);
    requested = pending === "" ? 0 : Math.max(0, requested - Number(pending));
    if (headers.code === STATUS.wrongPin) {
      if (pin !== undefined) onUnpinned?.();
      pin = undefined;
      giveUp();
    } else if (!ORDINARY_ENDS.test(headers.description)) {
      giveUp();
      void look(`${headers.code} ${headers.description}`.trim());
      return;
    }
    refill();
  }

  function giveUp(): void {
    requested = 0;
    givenUp = requests;
  }

  async function look(reason: string): Promise<void> {
    if (state !== "pulling") return;
    state = "looking";
    await onSilence(reason);
    if (state !== "looking") return;
    state = "pulling";
    heardAtMs = clock.now();
    refill();
  }

  function watchSilence(): void {
    timer = clock.setTimer(HEARTBEAT_MS, () => {
      if (connection.isUp && requested > 0 && clock.now() - heardAtMs > SILENCE_MS) {
        giveUp();
        void look("no heartbeat");
      }
      refill();
      watchSilence();
    });
  }

  function request(batch: number, options: { readonly expiresMs: number; readonly maxBytes?: number }): void {
    requests += 1;
    const body = {
      batch,
      expires: nanos(options.expiresMs),
      ...(options.maxBytes === undefined ? { idle_heartbeat: nanos(HEARTBEAT_MS) } : { max_bytes: options.maxBytes }),
      ...(priorityGroup === undefined ? {} : { group: priorityGroup, id: pin }),
    };
    nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream()}.${consumer()}`, JSON.stringify(body), {
      reply: `${inbox}.${requests}`,
    });
  }

  function refill(): void {
    if (state !== "pulling" || !connection.isUp || nats.isClosed()) return;
    const free = room();
    const batch = free - requested;
    // Half at a time, so that requests are few; a lone free place at once, so that nothing stands still.
    if (batch < 1 || (requested > 0 && batch * 2 < free)) return;
    if (requested === 0) heardAtMs = clock.now();
    requested += batch;
    request(batch, { expiresMs: REQUEST_EXPIRES_MS });
  }

  return {
    get isPinned() {
      return pin !== undefined;
    },
    refill,
    restart(reason) {
      giveUp();
      void look(reason);
    },
    keepPin() {
      if (state !== "pulling" || !connection.isUp || pin === undefined) return;
      // No message is that small: the request counts as a sign of life and brings nothing.
      request(1, { expiresMs: KEEP_PIN_EXPIRES_MS, maxBytes: 1 });
    },
    async stop() {
      state = "stopped";
      timer?.cancel();
      unwatch();
      if (!subscription.isClosed()) await subscription.drain();
    },
  };
}
