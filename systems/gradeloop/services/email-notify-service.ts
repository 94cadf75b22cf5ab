import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { createWebhookStore, createWebhooks } from "@parley/webhooks";
import { defineService, type EventDefinition, type Executor, on, type Transaction, work } from "parleyjs";
import { AssignmentCreated, AssignmentUpdated, PUBLIC_EVENTS, SubmissionGraded, UserEnrolled } from "../events.ts";
import { createSmtpMailer, mailboxOnly } from "../notifications/mailer.ts";
import { eventIdOf, noticeOf } from "../notifications/notice-of.ts";
import { createNotificationStore } from "../notifications/notification-store.ts";
import { createRecipients } from "../notifications/recipients.ts";
import { Emails, Notices } from "../queues.ts";
import { signedInUser, viewerId } from "../shared/caller.ts";
import { AcademicsService } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import { IamService } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";
import {
  type EmailJob,
  type NoticeJob,
  NotificationService,
} from "../shared/protos/gen/ts/notifications/v1/notifications_pb.ts";
import { WebhookService } from "../shared/protos/gen/ts/webhooks/v1/webhooks_pb.ts";
import type { Settings } from "../shared/settings.ts";
import { webhookApi } from "../webhooks/webhook-api.ts";

const NAME = "email-notify-service";
/** What an instance that dies was about to tell is told by another after this time. */
const LEASE_MS = 15_000;
/** What an attempt that is cut off loses is made again. */
const WEBHOOK_DRAIN_MS = 5_000;

export const emailNotifyService = ({ smtpUrl, mailFrom, privateWebhooks }: Settings) =>
  defineService({
    name: NAME,
    port: 8083,
    addressVariable: "EMAIL_SERVICE_URL",
    implements: [NotificationService, WebhookService],
    calls: { academics: AcademicsService, iam: IamService },
    database: { name: "notifydb", migrations: new URL("../migrations/notifydb", import.meta.url) },
    subscribes: PUBLIC_EVENTS,
    queues: [Notices, Emails],

    async setup({ db, log, clock, calls, jobs, onStop, observe }) {
      const notifications = createNotificationStore(db);
      const recipientsOf = createRecipients(calls.academics, calls.iam);
      const mailer = smtpUrl === undefined ? mailboxOnly : createSmtpMailer(smtpUrl, mailFrom);
      onStop(() => mailer.close());

      // Other services are asked by a job, not while an event is handled in its transaction.
      const noticeOn = <Desc extends DescMessage>(
        event: EventDefinition<Desc>,
        notice: (payload: MessageShape<Desc>) => Pick<NoticeJob, "subject" | "body" | "audience">,
      ) =>
        on(event, (payload: MessageShape<Desc>, { tx, envelope }) =>
          jobs.enqueue(tx, Notices, { event: event.name, eventId: eventIdOf(envelope), ...notice(payload) }),
        );

      const tell = async (notice: NoticeJob, { tx }: { readonly tx: Transaction }): Promise<void> => {
        const recipients = await recipientsOf(notice.audience);
        for (const notificationId of await notifications.insert(tx, notice, recipients)) {
          await jobs.enqueue(tx, Emails, { notificationId });
        }
      };
      const send = async ({ notificationId }: EmailJob, { tx }: { readonly tx: Executor }): Promise<void> => {
        const mail = await notifications.unsent(notificationId);
        if (!mail) return;
        await mailer.send(mail);
        await notifications.markSent(tx, notificationId, new Date(clock.now()));
      };

      const webhooks = createWebhooks({
        store: createWebhookStore(db),
        targets: privateWebhooks ? "any" : "public",
        clock,
        logger: log,
        observe,
      });
      await webhooks.start();
      onStop(() => webhooks.drain({ signal: AbortSignal.timeout(WEBHOOK_DRAIN_MS) }));

      return {
        methods: [
          {
            async listNotifications({ userId, ...page }) {
              const { items, pagination } = await notifications.list(viewerId(userId) ?? signedInUser().id, page);
              return { notifications: items, pagination };
            },
          },
          webhookApi(
            webhooks.endpoints,
            PUBLIC_EVENTS.map(({ name }) => name),
          ),
        ],
        events: [
          noticeOn(AssignmentCreated, noticeOf.assignmentCreated),
          noticeOn(AssignmentUpdated, noticeOf.assignmentUpdated),
          noticeOn(SubmissionGraded, noticeOf.submissionGraded),
          noticeOn(UserEnrolled, noticeOf.userEnrolled),
          ...PUBLIC_EVENTS.map((event) =>
            on(event, (_, { tx, envelope }) => webhooks.accept(tx, envelope), { group: `${NAME}.webhooks` }),
          ),
        ],
        jobs: [work(Notices, tell, { leaseMs: LEASE_MS }), work(Emails, send, { leaseMs: LEASE_MS })],
      };
    },
  });
