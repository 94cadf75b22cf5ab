import { isParleyError, noopLogger, systemClock } from "@parley/core";
import { DEFAULT_CALL_POLICY } from "@parley/core/internal";
import {
  EventTransportService,
  type TransportConnectResponse,
} from "@parley/protobuf/protos/parley/v1/event_transport_pb.js";
import { createChannel, createClient } from "@parley/rpc";
import {
  assertDataSize,
  assertSubscription,
  type CloseOptions,
  type ConnectTransport,
  type Consumer,
  type EventTransport,
  type Ordering,
  reportChanges,
  type TransportCapabilities,
  withinLimit,
} from "@parley/transport";
import { toEnvelopeMessage, toTopicMessage } from "./messages.ts";
import { consume, SUBSCRIPTION_MS } from "./remote-consumer.ts";

const DEFAULT_PUBLISH_TIMEOUT_MS = 10_000;

/** Uses a transport that another process lends (see `serveTransports`), at an address such as `parley://localhost:40123`. */
export const connectRemote: ConnectTransport = async (options) => {
  const { url, clientName, topics, publishTimeoutMs: timeoutMs = DEFAULT_PUBLISH_TIMEOUT_MS } = options;
  const { logger = noopLogger, clock = systemClock } = options;
  // Of a call's own limit and its policy's the lesser counts, so the policy must not be the short one of ordinary calls.
  const policy = () => ({ ...DEFAULT_CALL_POLICY, timeoutMs: SUBSCRIPTION_MS });
  const channel = createChannel({ target: new URL(url).host, caller: clientName, policy, clock });
  const client = createClient(EventTransportService, channel);
  const onConnection = reportChanges(options.onConnection);
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
      try {
        await client.publish(message, { signal, timeoutMs });
        onConnection("connected");
      } catch (error) {
        if (isParleyError(error) && error.code === "UNAVAILABLE") onConnection("away");
        throw error;
      }
    },
    async subscribe(subscription, handler) {
      assertSubscription(self, subscription);
      const { consumer, ready } = consume({ client, clientName, subscription, handler, clock, logger, onConnection });
      consumers.add(consumer);
      await ready;
      return consumer;
    },
    close(closeOptions) {
      closing ??= withinLimit(close(closeOptions), closeOptions?.signal);
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
