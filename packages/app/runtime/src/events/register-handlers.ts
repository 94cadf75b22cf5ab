import type { DescMessage } from "@bufbuild/protobuf";
import type { BatchHandler, EventBus, EventHandler, JobHandler } from "@parley/events";
import type { BuiltHandlers } from "parleyjs";

/**
 * Gives the handlers of a service to its bus, once. A handler was typed by its own event, queue or request where it was made; in
 * a list each stands for any message.
 */
export function registerHandlers(
  bus: Pick<EventBus, "subscribe" | "subscribeBatch" | "work" | "respond">,
  { events, jobs, responders }: BuiltHandlers,
): void {
  for (const { kind, event, handler, options } of events) {
    if (kind === "subscription") bus.subscribe(event, handler as EventHandler<DescMessage>, options);
    else bus.subscribeBatch(event, handler as BatchHandler<DescMessage>, options);
  }
  for (const { queue, handler, options } of jobs) bus.work(queue, handler as JobHandler<DescMessage>, options);
  for (const { request, handler } of responders) bus.respond(request, handler as Parameters<EventBus["respond"]>[1]);
}
