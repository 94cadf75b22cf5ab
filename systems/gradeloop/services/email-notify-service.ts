import { timestampDate } from "@bufbuild/protobuf/wkt";
import { defineService, type Envelope, type EventContext } from "parley";
import { AssignmentCreated, AssignmentUpdated, SubmissionGraded, UserEnrolled } from "../events.ts";
import { AcademicsService } from "../gen/academics/v1/academics_pb.ts";
import { IamService } from "../gen/iam/v1/iam_pb.ts";
import { NotificationService } from "../gen/notifications/v1/notifications_pb.ts";
import { createSmtpMailer, mailboxOnly } from "../notifications/mailer.ts";
import { createNotificationStore, type Recipient } from "../notifications/notification-store.ts";
import { createRecipients } from "../notifications/recipients.ts";
import { Emails } from "../queues.ts";
import { signedInUser, viewerId } from "../shared/caller.ts";
import type { Settings } from "../shared/settings.ts";

const database = { name: "notifydb", migrations: new URL("../migrations/notifydb", import.meta.url) };

export const emailNotifyService = ({ smtpUrl, mailFrom }: Settings) =>
  defineService({
    name: "email-notify-service",
    port: 8083,
    implements: NotificationService,
    calls: { academics: AcademicsService, iam: IamService },
    database,
    queues: [Emails],

    setup({ db, clock, academics, iam, subscribe, enqueue, work, onStop }) {
      const notifications = createNotificationStore(db);
      const recipients = createRecipients(academics, iam);
      const mailer = smtpUrl === undefined ? mailboxOnly : createSmtpMailer(smtpUrl, mailFrom);
      onStop(() => mailer.close());

      /** Stores what an event has to tell, and has it mailed; what was told before is not told again. */
      const tell = async (
        { tx, envelope }: EventContext<typeof database>,
        to: readonly Recipient[],
        subject: string,
        body: string,
      ): Promise<void> => {
        const notice = { event: envelope.type, eventId: eventIdOf(envelope), subject, body };
        for (const notificationId of await notifications.insert(tx, notice, to)) {
          await enqueue(tx, Emails, { notificationId });
        }
      };

      subscribe(AssignmentCreated, async ({ courseId, title, dueDate }, context) => {
        const due = dueDate ? timestampDate(dueDate).toUTCString() : "";
        const to = await recipients.ofCourse(courseId);
        await tell(context, to, `New assignment: ${title}`, `${title} is due ${due}.`);
      });
      subscribe(AssignmentUpdated, async ({ courseId, title, dueDate }, context) => {
        const due = dueDate ? timestampDate(dueDate).toUTCString() : "";
        const to = await recipients.ofCourse(courseId);
        await tell(context, to, `Assignment changed: ${title}`, `${title} is now due ${due}.`);
      });
      subscribe(SubmissionGraded, async ({ studentId, assignmentTitle, points, maxPoints }, context) => {
        const to = await recipients.ofUsers([studentId]);
        await tell(context, to, `Graded: ${assignmentTitle}`, `You have ${points} of ${maxPoints} points.`);
      });
      subscribe(UserEnrolled, async ({ userId, courseTitle }, context) => {
        const to = await recipients.ofUsers([userId]);
        await tell(context, to, `Welcome to ${courseTitle}`, `You are enrolled in ${courseTitle}.`);
      });

      work(Emails, async ({ notificationId }, { tx }) => {
        const mail = await notifications.unsent(notificationId);
        if (!mail) return;
        await mailer.send(mail);
        await notifications.markSent(tx, notificationId, new Date(clock.now()));
      });

      return {
        async listNotifications({ userId, ...page }) {
          const { items, pagination } = await notifications.list(viewerId(userId) ?? signedInUser().id, page);
          return { notifications: items, pagination };
        },
      };
    },
  });

/** An event is one of its source (CloudEvents 1.0, section "id"). */
function eventIdOf({ source, id }: Envelope): string {
  return `${source} ${id}`;
}
