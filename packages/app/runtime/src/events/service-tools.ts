import type { MessageInitShape } from "@bufbuild/protobuf";
import { failedPrecondition } from "@parley/core";
import type { EventBus, EventDefinition, QueueDefinition, RequestDefinition } from "@parley/events";
import type { EventTools, JobTools, ServiceDefinition, StoredEventTools } from "parleyjs";
import type { PartEvents } from "./part-events.ts";

/** What `setup` is given of events and jobs. */
export interface BusTools {
  readonly events: EventTools | StoredEventTools;
  /** With a database. */
  readonly jobs?: JobTools;
}

/**
 * The tools over the bus of a service, which publish, ask and enqueue only what its definition lists. A service that lists nothing
 * has no bus.
 */
export function createBusTools(
  service: ServiceDefinition,
  part: Pick<PartEvents, "bus" | "connect"> | undefined,
): BusTools {
  const { name, publishes, requests, queues, database } = service;
  const publishable = assertListed(name, "publishes", publishes);
  const askable = assertListed(name, "requests", requests);
  const queueable = assertListed(name, "queues", queues);
  const openBus = (): EventBus => {
    if (part) return part.bus;
    throw failedPrecondition(`${name} lists no events and no queues, so it has no bus: list what it uses`);
  };
  const connectBus = async (): Promise<EventBus> => {
    await part?.connect();
    return openBus();
  };
  const events: EventTools = {
    async publishNow(event, payload, options) {
      publishable(event);
      const bus = database ? openBus() : await connectBus();
      await bus.publishNow(event, payload, options);
    },
    async request<R extends RequestDefinition>(
      request: R,
      payload: MessageInitShape<R["request"]>,
      options?: Parameters<EventBus["request"]>[2],
    ) {
      askable(request);
      const bus = await connectBus();
      return bus.request<R["request"], R["response"]>(request, payload, options);
    },
  };
  if (!database) return { events };
  return {
    events: {
      ...events,
      async publish(tx, event, payload, options) {
        publishable(event);
        assertTransaction(tx, `publish of ${name}`, "publishNow");
        await openBus().publish(tx, event, payload, options);
      },
    },
    jobs: {
      async enqueue(tx, queue, payload, options) {
        queueable(queue);
        assertTransaction(tx, `enqueue of ${name}`, "enqueueNow");
        await openBus().enqueue(tx, queue, payload, options);
      },
      async enqueueNow(queue, payload, options) {
        queueable(queue);
        await openBus().enqueueNow(queue, payload, options);
      },
    },
  };
}

function assertListed(
  service: string,
  list: "publishes" | "requests" | "queues",
  listed: readonly { readonly name: string }[],
): (used: EventDefinition | RequestDefinition | QueueDefinition) => void {
  const names = new Set(listed.map(({ name }) => name));
  return ({ kind, name }) => {
    if (names.has(name)) return;
    const known = [...names].join(", ") || "nothing";
    throw failedPrecondition(
      `${service} names the ${kind} "${name}" nowhere in ${list}, which has ${known}: add it there`,
    );
  };
}

/** The compiler refuses what is no transaction; this is for callers that it has not seen. */
function assertTransaction(tx: object, what: string, instead: string): void {
  if (typeof tx === "object" && tx !== null && "afterCommit" in tx) return;
  throw failedPrecondition(
    `${what} was given no transaction: pass the tx of the change that caused it, or use ${instead} where there is no such change`,
  );
}
