import {
  defineEvent,
  defineQueue,
  defineService,
  type Executor,
  failedPrecondition,
  on,
  onBatch,
  work,
} from "parleyjs";
import { AssignmentCreatedSchema } from "../../systems/gradeloop/shared/protos/gen/ts/events/v1/events_pb.ts";
import { NotificationService } from "../../systems/gradeloop/shared/protos/gen/ts/notifications/v1/notifications_pb.ts";

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
  read(): readonly string[];
}

export const reminderService = (diary: Diary) =>
  defineService({
    name: "reminder-service",
    port: 8086,
    implements: NotificationService,
    database: { name: "reminderdb", migrations: "migrations/reminderdb" },
    subscribes: [AssignmentCreated],
    queues: [Reminders],

    setup: ({ jobs }) => ({
      methods: {
        listNotifications: () => ({ notifications: diary.read().map((subject) => ({ subject })) }),
      },
      events: [
        on(AssignmentCreated, async (assignment, { tx }) => {
          if (assignment.title === "") throw failedPrecondition("an assignment without a title reminds nobody");
          await diary.write(tx, `heard of ${assignment.title}`);
          await jobs.enqueue(tx, Reminders, assignment, { delayMs: 20, priority: 10 });
        }),
        onBatch(AssignmentCreated, (items, { tx }) => diary.write(tx, `counted ${items.length}`), {
          group: "statistics",
          maxSize: 500,
          maxWaitMs: 50,
        }),
      ],
      jobs: [
        work(Reminders, async ({ title }, { tx }) => {
          await diary.write(tx, `reminded of ${title}`);
        }),
      ],
    }),
  });
