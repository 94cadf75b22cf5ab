import type { EventBus } from "@parley/events";
import { defineEvent, defineQueue, type Executor, failedPrecondition } from "parleyjs";
import { AssignmentCreatedSchema } from "../../systems/gradeloop/shared/protos/gen/ts/events/v1/events_pb.ts";

export const AssignmentCreated = defineEvent({
  name: "assignments.created",
  schema: AssignmentCreatedSchema,
  key: ({ courseId }) => courseId,
  subject: ({ courseId }) => `courses/${courseId}`,
});

export const Reminders = defineQueue({
  name: "reminders",
  schema: AssignmentCreatedSchema,
  unique: ({ assignmentId }) => `${assignmentId}`,
});

/** What the example does with what it hears: a list of lines stands for a database's table. */
export interface Diary {
  write(tx: Executor, line: string): Promise<void>;
}

/** The tools that `setup` of a service is given, or a bus. */
type Tools = Pick<EventBus, "subscribe" | "subscribeBatch" | "enqueue" | "work">;

export function reminders({ subscribe, enqueue, work }: Tools, diary: Diary): void {
  subscribe(AssignmentCreated, async (assignment, { tx }) => {
    if (assignment.title === "") throw failedPrecondition("an assignment without a title reminds nobody");
    await diary.write(tx, `heard of ${assignment.title}`);
    await enqueue(tx, Reminders, assignment, { delayMs: 20, priority: 10 });
  });

  work(Reminders, async ({ title }, { tx }) => {
    await diary.write(tx, `reminded of ${title}`);
  });
}

export function statistics({ subscribeBatch }: Tools, diary: Diary): void {
  subscribeBatch(AssignmentCreated, async (items, { tx }) => diary.write(tx, `counted ${items.length}`), {
    group: "statistics",
    maxSize: 500,
    maxWaitMs: 50,
  });
}
