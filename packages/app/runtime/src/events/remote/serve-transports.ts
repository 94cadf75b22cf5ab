import { isDeepStrictEqual } from "node:util";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { failedPrecondition, type Logger, ParleyError } from "@parley/core";
import {
  EventTransportService,
  type TransportConnectRequest,
  type TransportSubscribeRequest,
  type TransportSubscribeResponseSchema,
} from "@parley/protobuf/protos/parley/v1/event_transport_pb.js";
import type { ServiceImplementation, ServiceRegistration } from "@parley/rpc";
import type { Consumer, EventTransport, Outcome, TopicSpec } from "@parley/transport";
import { createMailbox } from "./mailbox.ts";
import { fromEnvelopeMessage, fromSubscriptionMessage, fromTopicMessage, toEnvelopeMessage } from "./messages.ts";

export interface LendOptions {
  /** Opens the transport of one client. */
  readonly open: (options: {
    readonly clientName: string;
    readonly topics: readonly TopicSpec[];
  }) => Promise<EventTransport>;
  readonly logger: Logger;
}

export interface TransportLender {
  readonly registration: ServiceRegistration;
  /** Closes the transports of all clients. */
  close(): Promise<void>;
}

interface Lent {
  readonly topics: readonly TopicSpec[];
  readonly transport: Promise<EventTransport>;
}

type Answer = MessageInitShape<typeof TransportSubscribeResponseSchema>;

/** Lends event transports to other processes, over gRPC: for an embedded log, which one process alone can open. */
export function serveTransports({ open, logger }: LendOptions): TransportLender {
  const lent = new Map<string, Lent>();

  /** A client that comes back with the same topics finds what it had. */
  const transportFor = async (request: TransportConnectRequest): Promise<EventTransport> => {
    const topics = request.topics.map(fromTopicMessage);
    const before = lent.get(request.client);
    if (before && isDeepStrictEqual(before.topics, topics)) return before.transport;
    const opened = open({ clientName: request.client, topics });
    lent.set(request.client, { topics, transport: opened });
    opened.catch(() => lent.delete(request.client));
    await before?.transport.then((transport) => transport.close()).catch(() => {});
    return opened;
  };
  const transportOf = (client: string): Promise<EventTransport> => {
    const found = lent.get(client);
    if (found) return found.transport;
    throw failedPrecondition(`the client ${JSON.stringify(client)} has not connected`);
  };

  const implementation: ServiceImplementation<typeof EventTransportService> = {
    async connect(request) {
      const { name, capabilities } = await transportFor(request);
      const { requestReply: _, ...capable } = capabilities;
      return { name, ...capable };
    },
    async publish({ client, topic, envelopes }, { signal }) {
      const transport = await transportOf(client);
      await transport.publish(topic, envelopes.map(fromEnvelopeMessage), { signal });
      return {};
    },
    async *subscribe(requests, { signal }) {
      const incoming = requests[Symbol.asyncIterator]();
      const first = (await incoming.next()).value?.request;
      if (first?.case !== "subscription") throw failedPrecondition("a subscription must come first");
      const transport = await transportOf(first.value.client);
      const line = createMailbox<Answer>();
      const unsettled = new Map<number, PromiseWithResolvers<Outcome>>();
      let count = 0;
      const send = (response: NonNullable<Answer["response"]>): void => line.send({ response });
      const giveUp = (): void => {
        const gone = new ParleyError("UNAVAILABLE", "the client of this transport has gone");
        for (const { reject } of unsettled.values()) reject(gone);
        line.end();
      };
      const consumer = await transport.subscribe(
        { ...fromSubscriptionMessage(first.value), onMissed: (reason) => send({ case: "missed", value: reason }) },
        async ({ topic, envelope, attempt, position, signal: aborted }) => {
          count += 1;
          const delivery = count;
          const outcome = Promise.withResolvers<Outcome>();
          unsettled.set(delivery, outcome);
          const onAbort = (): void => send({ case: "aborted", value: delivery });
          aborted.addEventListener("abort", onAbort, { once: true });
          if (signal.aborted) outcome.reject(new ParleyError("UNAVAILABLE", "the client of this transport has gone"));
          const place = position && { log: position.log, offset: String(position.offset) };
          const value = { delivery, topic, attempt, envelope: toEnvelopeMessage(envelope), ...place };
          send({ case: "delivery", value });
          try {
            return await outcome.promise;
          } finally {
            aborted.removeEventListener("abort", onAbort);
            unsettled.delete(delivery);
          }
        },
      );
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      const reading = readRequests(incoming, { consumer, unsettled, send })
        .catch((error: unknown) => logger.debug({ err: error }, "a client of the event transport has gone"))
        .finally(giveUp);
      try {
        send({ case: "subscribed", value: {} });
        yield* line;
      } finally {
        giveUp();
        await consumer.close({ signal: AbortSignal.abort() });
        await reading;
      }
    },
  };

  return {
    registration: { service: EventTransportService, implementation },
    async close() {
      const transports = await Promise.allSettled([...lent.values()].map(({ transport }) => transport));
      await Promise.all(transports.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
    },
  };
}

interface Conversation {
  readonly consumer: Consumer;
  readonly unsettled: ReadonlyMap<number, PromiseWithResolvers<Outcome>>;
  readonly send: (response: NonNullable<Answer["response"]>) => void;
}

/** Takes what the client says until it ends its side. */
async function readRequests(
  requests: AsyncIterator<TransportSubscribeRequest>,
  { consumer, unsettled, send }: Conversation,
): Promise<void> {
  let asked: Promise<unknown> = Promise.resolve();
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const { request } = next.value;
    switch (request.case) {
      case "outcome": {
        const { delivery, retryAfterMs } = request.value;
        unsettled.get(delivery)?.resolve(retryAfterMs === undefined ? "done" : { retryAfterMs });
        break;
      }
      case "askLag":
        // One after the other, because answers bear no name. A lag that cannot be had is not a number.
        asked = asked.then(async () => send({ case: "lag", value: await consumer.lag().catch(() => Number.NaN) }));
        break;
      case "close":
        void consumer.close().finally(() => send({ case: "closed", value: {} }));
        break;
      default:
        throw failedPrecondition(`${request.case ?? "an empty message"} is not expected here`);
    }
  }
}
