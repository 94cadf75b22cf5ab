import { failedPrecondition } from "@parley/core";
import type { CloseOptions, Consumer } from "@parley/transport";
import { createReplay, type Replay } from "../consume/replay.ts";
import { createUnhandled, type Unhandled } from "../consume/unhandled.ts";
import type { BusLag } from "../event-bus.ts";
import type { Loop } from "../loop.ts";
import type { BusParts } from "../parts.ts";
import { createRelay, type Relay } from "../relay/relay.ts";
import { requestsOf } from "../requests/requests.ts";
import type { RunJobParts } from "../work/run-job.ts";
import { startWorker, type Worker } from "../work/worker.ts";
import { capabilityProblems } from "./capability-problems.ts";
import { createCleanUp } from "./clean-up.ts";
import { createGauges } from "./gauges.ts";
import type { Registrations } from "./registrations.ts";
import { createReplayLetter } from "./replay-letter.ts";
import { topicSubscriptions } from "./topic-subscriptions.ts";

/** What runs between the start and the drain. */
export interface RunningBus {
  readonly relay: Relay | undefined;
  readonly replay: Replay | undefined;
  readonly workers: readonly Worker[];
  lag(): Promise<BusLag>;
  drain(options: CloseOptions): Promise<void>;
}

interface Hearing {
  /** The topic: the event's name, unless events share one. */
  readonly event: string;
  readonly group: string;
  readonly consumer: Consumer;
  readonly unhandled: Unhandled;
}

/** @throws ParleyError FAILED_PRECONDITION that lists what the transport cannot give. */
export async function runBus(parts: BusParts, registrations: Registrations): Promise<RunningBus> {
  assertCapable(parts, registrations);
  const hearings: Hearing[] = [];
  const answers: { close(): Promise<void> }[] = [];
  const workers: Worker[] = [];
  const loops: Loop[] = [];
  const closers: (() => Promise<void>)[] = [];
  let relay: Relay | undefined;

  async function lag(): Promise<BusLag> {
    // Gathered as they start: a broker and a database that fail together must not leave a rejection that nothing handles.
    const [outbox, groups, queues] = await Promise.all([
      parts.outbox?.lag(),
      Promise.all(
        hearings.map(async ({ event, group, consumer, unhandled }) => {
          const count = await consumer.lag();
          return { event, group, count, oldestMs: unhandled.oldestMs() ?? (count === 0 ? 0 : undefined) };
        }),
      ),
      Promise.all(workers.map(async (worker) => ({ queue: worker.queue, ...(await worker.lag()) }))),
    ]);
    return { outbox: outbox?.count ?? 0, groups, queues };
  }

  async function drain(options: CloseOptions): Promise<void> {
    await Promise.all([
      ...hearings.map(({ consumer }) => consumer.close(options)),
      ...answers.map((answer) => answer.close()),
      ...workers.map((worker) => worker.drain(options)),
      ...closers.map((close) => close()),
    ]);
    await Promise.all(loops.map((loop) => loop.stop()));
    await relay?.loop.stop();
    await relay?.flush(options.signal ?? AbortSignal.timeout(parts.settings.outboxLeaseMs));
  }

  try {
    const defaultStart = parts.transport.capabilities.retention ? "earliest" : "latest";
    for (const { topic, group, asked, handler } of topicSubscriptions(registrations.subscriptions, defaultStart)) {
      const unhandled = createUnhandled({ clock: parts.clock, acknowledgeWithinMs: asked.acknowledgeWithinMs });
      const consumer = await parts.transport.subscribe(asked, unhandled.watch(handler));
      hearings.push({ event: topic, group, consumer, unhandled });
    }
    for (const { name, handler } of registrations.responders) {
      answers.push(await requestsOf(parts, name).respond(name, parts.service, handler));
    }
    await startWorkers(parts, { registrations, workers, closers });
    const { outbox, deadLetters, inbox } = parts;
    // Last: some brokers keep an event for those groups only that are there already.
    relay = outbox && createRelay(parts, outbox);
    const replay = deadLetters && createReplay({ ...parts, deadLetters }, createReplayLetter(parts, registrations));
    if (replay) loops.push(replay.loop);
    if (inbox) loops.push(createCleanUp(parts, inbox));
    loops.push(createGauges(parts, lag));
    return { relay, replay, workers, lag, drain };
  } catch (thrown) {
    await drain({ signal: AbortSignal.abort() });
    throw thrown;
  }
}

function assertCapable(parts: BusParts, { subscriptions, responders }: Registrations): void {
  const problems = capabilityProblems(parts.transport, parts.alternatives, {
    publishes: parts.publishes,
    subscriptions: subscriptions.map(({ subscription }) => subscription),
    responds: responders.map(({ name }) => name),
  });
  if (problems.length > 0) throw failedPrecondition(`${parts.service}: ${problems.join("; ")}`);
}

async function startWorkers(
  parts: BusParts,
  started: {
    readonly registrations: Registrations;
    readonly workers: Worker[];
    readonly closers: (() => Promise<void>)[];
  },
): Promise<void> {
  const { database, work } = parts;
  const { registrations, workers, closers } = started;
  if (registrations.workers.length === 0) return;
  if (!database || !work)
    throw failedPrecondition(`${parts.service} works queues, which needs a database: give it one`);
  const jobParts: RunJobParts = { ...parts, database, work };
  for (const { queue, policy, options, effect } of registrations.workers) {
    workers.push(startWorker(jobParts, { queue: queue.name, policy, options, effect }));
  }
  const watch = await work.watch((queue) => {
    for (const worker of workers) if (queue === undefined || worker.queue === queue) worker.wake();
  });
  closers.push(() => watch.close());
}
