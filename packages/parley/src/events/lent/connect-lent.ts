import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Clock, DEFAULT_CALL_POLICY, ParleyError, silentLogger, sleep, systemClock } from "@parley/core";
import {
  EventTransportService,
  type TransportConnectResponse,
  type TransportSubscribeRequestSchema,
} from "@parley/core/protos/parley/v1/event_transport_pb.js";
import {
  assertDataSize,
  assertSubscription,
  type CloseOptions,
  type ConnectTransport,
  type Consumer,
  type DeliveryHandler,
  type EventTransport,
  type Ordering,
  type Subscription,
  type TransportCapabilities,
} from "@parley/events";
import { type Client, createChannel, createClient } from "@parley/rpc";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import { fromEnvelopeMessage, toEnvelopeMessage, toSubscriptionMessage, toTopicMessage } from "./messages.ts";

const DEFAULT_PUBLISH_TIMEOUT_MS = 10_000;
/** A subscription is one call, and every call has a deadline; the next one goes on where it was. */
const SUBSCRIPTION_MS = 86_400_000;
const RESUBSCRIBE_MS = 500;
const GONE = "the process that lends the event transport cannot be reached";

type Request = NonNullable<MessageInitShape<typeof TransportSubscribeRequestSchema>["request"]>;

/** Uses a transport that another process lends (see `lendTransports`), at an address such as `parley://localhost:40123`. */
export const connectLent: ConnectTransport = async (options) => {
  const { url, clientName, topics, publishTimeoutMs: timeoutMs = DEFAULT_PUBLISH_TIMEOUT_MS } = options;
  const { logger = silentLogger, clock = systemClock } = options;
  // Of a call's own limit and its policy's the lesser counts, so the policy must not be the short one of ordinary calls.
  const policy = () => ({ ...DEFAULT_CALL_POLICY, timeoutMs: SUBSCRIPTION_MS });
  const channel = createChannel({ target: new URL(url).host, caller: clientName, policy, clock });
  const client = createClient(EventTransportService, channel);
  const consumers = new Set<Consumer>();
  let self: Pick<EventTransport, "name" | "capabilities">;
  try {
    self = describe(await client.connect({ client: clientName, topics: topics.map(toTopicMessage) }, { timeoutMs }));
  } catch (error) {
    await channel.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = async (closeOptions?: CloseOptions): Promise<void> => {
    await Promise.all([...consumers].map((consumer) => consumer.close(closeOptions)));
    await channel.close();
  };
  return {
    ...self,
    async publish(topic, envelopes, { signal } = {}) {
      assertDataSize(self, topic, envelopes);
      const message = { client: clientName, topic, envelopes: envelopes.map(toEnvelopeMessage) };
      await client.publish(message, { signal, timeoutMs });
    },
    async subscribe(subscription, handler) {
      assertSubscription(self, subscription);
      const { consumer, ready } = consume({ client, clientName, subscription, handler, clock, logger });
      consumers.add(consumer);
      await ready;
      return consumer;
    },
    close(closeOptions) {
      closing ??= close(closeOptions);
      return closing;
    },
  };
};

function describe({ $typeName: _, $unknown: __, name, ...capable }: TransportConnectResponse) {
  const capabilities: TransportCapabilities = {
    ...capable,
    ordering: capable.ordering as Ordering,
    requestReply: false,
  };
  return { name, capabilities };
}

interface ConsumeOptions {
  readonly client: Client<typeof EventTransportService>;
  readonly clientName: string;
  readonly subscription: Subscription;
  readonly handler: DeliveryHandler;
  readonly clock: Clock;
  readonly logger: NonNullable<Parameters<ConnectTransport>[0]["logger"]>;
}

/** Subscribes, and again whenever the call ends, until it is closed. `ready` rejects if the first try fails. */
function consume(options: ConsumeOptions): { readonly consumer: Consumer; readonly ready: Promise<void> } {
  const { logger, clock, subscription } = options;
  const ready = Promise.withResolvers<void>();
  const ended = new AbortController();
  let talk: Talk | undefined;
  let closing: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (!ended.signal.aborted && !closing) {
      talk = createTalk(options, ended.signal, ready.resolve);
      try {
        await talk.done;
      } catch (error) {
        ready.reject(error);
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
