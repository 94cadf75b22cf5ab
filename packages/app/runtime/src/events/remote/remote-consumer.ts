import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Clock, type Logger, ParleyError, sleep } from "@parley/core";
import type {
  EventTransportService,
  TransportSubscribeRequestSchema,
} from "@parley/protobuf/protos/parley/v1/event_transport_pb.js";
import type { Client } from "@parley/rpc";
import type { ConnectionState, Consumer, DeliveryHandler, Subscription } from "@parley/transport";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import { fromEnvelopeMessage, toSubscriptionMessage } from "./messages.ts";

/** A subscription is one call, and every call has a deadline; the next one goes on where it was. */
export const SUBSCRIPTION_MS = 86_400_000;
const RESUBSCRIBE_MS = 500;
const GONE = "the process that lends the event transport cannot be reached";

type Request = NonNullable<MessageInitShape<typeof TransportSubscribeRequestSchema>["request"]>;

export interface ConsumeOptions {
  readonly client: Client<typeof EventTransportService>;
  readonly clientName: string;
  readonly subscription: Subscription;
  readonly handler: DeliveryHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onConnection: (state: ConnectionState) => void;
}

/** Subscribes, and again whenever the call ends, until it is closed. `ready` rejects if the first try fails. */
export function consume(options: ConsumeOptions): { readonly consumer: Consumer; readonly ready: Promise<void> } {
  const { logger, clock, subscription, onConnection } = options;
  const ready = Promise.withResolvers<void>();
  const ended = new AbortController();
  let talk: Talk | undefined;
  let closing: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (!ended.signal.aborted && !closing) {
      talk = createTalk(options, ended.signal, () => {
        onConnection("connected");
        ready.resolve();
      });
      try {
        await talk.done;
      } catch (error) {
        ready.reject(error);
        if (!ended.signal.aborted) onConnection("away");
        if (!ended.signal.aborted) logger.warn({ topics: subscription.topics, err: error }, "subscribing again");
      }
      if (!closing) await sleep(RESUBSCRIBE_MS, { signal: ended.signal, clock }).catch(() => {});
    }
  };
  const running = run();
  ready.promise.catch(() => ended.abort());
  const close = async (signal: AbortSignal | undefined): Promise<void> => {
    const cutOff = (): void => ended.abort();
    signal?.addEventListener("abort", cutOff, { once: true });
    if (signal?.aborted) cutOff();
    talk?.close();
    await running;
    signal?.removeEventListener("abort", cutOff);
    ended.abort();
  };
  return {
    ready: ready.promise,
    consumer: {
      async lag() {
        const lag = await talk?.lag();
        if (lag === undefined || Number.isNaN(lag)) throw new ParleyError("UNAVAILABLE", GONE);
        return lag;
      },
      close({ signal } = {}) {
        closing ??= close(signal);
        return closing;
      },
    },
  };
}

/** One call of a subscription. */
interface Talk {
  /** Resolves when the lender has closed it as asked. */
  readonly done: Promise<void>;
  lag(): Promise<number>;
  close(): void;
}

function createTalk(
  { client, clientName, subscription, handler }: ConsumeOptions,
  signal: AbortSignal,
  onSubscribed: () => void,
): Talk {
  const line: Mailbox<{ readonly request: Request }> = createMailbox();
  const send = (request: Request): void => line.send({ request });
  const asked: PromiseWithResolvers<number>[] = [];
  const running = new Map<number, AbortController>();
  send({ case: "subscription", value: toSubscriptionMessage(clientName, subscription) });

  const follow = async (): Promise<void> => {
    for await (const { response } of client.subscribe(line, { signal, timeoutMs: SUBSCRIPTION_MS })) {
      switch (response.case) {
        case "subscribed":
          onSubscribed();
          break;
        case "delivery": {
          const { delivery, topic, envelope, attempt, log, offset } = response.value;
          if (!envelope) break;
          const controller = new AbortController();
          running.set(delivery, controller);
          const position = log === undefined ? {} : { position: { log, offset: BigInt(offset) } };
          void handler({
            topic,
            envelope: fromEnvelopeMessage(envelope),
            attempt,
            ...position,
            signal: controller.signal,
          })
            .catch(() => ({ retryAfterMs: 1_000 }))
            .then((outcome) => {
              running.delete(delivery);
              const wait = outcome === "done" ? {} : { retryAfterMs: outcome.retryAfterMs };
              send({ case: "outcome", value: { delivery, ...wait } });
            });
          break;
        }
        case "aborted":
          running.get(response.value)?.abort(new ParleyError("ABORTED", "another member was given the event"));
          break;
        case "lag":
          asked.shift()?.resolve(response.value);
          break;
        case "missed":
          subscription.onMissed?.(response.value);
          break;
        case "closed":
          return;
      }
    }
    throw new ParleyError("UNAVAILABLE", GONE);
  };
  const done = follow().finally(() => {
    line.end();
    const gone = new ParleyError("UNAVAILABLE", GONE);
    for (const controller of running.values()) controller.abort(gone);
    for (const { resolve } of asked) resolve(Number.NaN);
  });
  return {
    done,
    lag() {
      const answer = Promise.withResolvers<number>();
      asked.push(answer);
      send({ case: "askLag", value: {} });
      // A call that has ended answers nothing any more.
      return Promise.race([
        answer.promise,
        done.then(
          () => Number.NaN,
          () => Number.NaN,
        ),
      ]);
    },
    close: () => send({ case: "close", value: {} }),
  };
}
