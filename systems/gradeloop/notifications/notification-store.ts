import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Executor, notFound } from "parleyjs";
import { type PageRequest, readPage } from "../shared/paging.ts";
import {
  type NotificationSchema,
  NotificationStatus,
} from "../shared/protos/gen/ts/notifications/v1/notifications_pb.ts";
import type { Mail } from "./mailer.ts";

interface NotificationRow {
  id: bigint;
  user_id: string;
  address: string;
  subject: string;
  body: string;
  event: string;
  event_id: string;
  status: "QUEUED" | "SENT";
  created_at: Date;
  sent_at: Date | null;
}

export interface Recipient {
  readonly id: string;
  readonly email: string;
}

/** One message to many. */
export interface Notice {
  readonly event: string;
  readonly eventId: string;
  readonly subject: string;
  readonly body: string;
}

export function createNotificationStore(db: Executor) {
  return {
    /** Stores a notice for each recipient who has not got it yet; gives the ids of the new ones. */
    async insert(tx: Executor, notice: Notice, recipients: readonly Recipient[]): Promise<readonly bigint[]> {
      const { rows } = await tx.query<{ id: bigint }>(
        `INSERT INTO notifications (user_id, address, subject, body, event, event_id)
         SELECT user_id, address, $3, $4, $5, $6 FROM unnest($1::text[], $2::text[]) AS r (user_id, address)
         ON CONFLICT (event_id, user_id) DO NOTHING RETURNING id`,
        [
          recipients.map(({ id }) => id),
          recipients.map(({ email }) => email),
          notice.subject,
          notice.body,
          notice.event,
          notice.eventId,
        ],
      );
      return rows.map(({ id }) => id);
    },

    async list(userId: string, request: PageRequest) {
      const page = readPage(request, { list: ["notifications", userId] });
      const { rows } = await db.query<NotificationRow>(
        "SELECT * FROM notifications WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        [userId, page.after ?? "0", page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toNotification);
    },

    /** The mail of a notification; undefined if it was sent. */
    async unsent(id: bigint): Promise<Mail | undefined> {
      const { rows } = await db.query<NotificationRow>("SELECT * FROM notifications WHERE id = $1", [id]);
      if (!rows[0]) throw notFound("notification");
      const { status, address, subject, body, event_id, user_id } = rows[0];
      return status === "SENT" ? undefined : { id, to: address, subject, body, eventId: event_id, userId: user_id };
    },

    async markSent(tx: Executor, id: bigint, at: Date): Promise<void> {
      await tx.query("UPDATE notifications SET status = 'SENT', sent_at = $2 WHERE id = $1", [id, at]);
    },
  };
}

function toNotification(row: NotificationRow): MessageInitShape<typeof NotificationSchema> {
  return {
    id: row.id,
    userId: row.user_id,
    to: row.address,
    subject: row.subject,
    body: row.body,
    event: row.event,
    status: NotificationStatus[row.status],
    createdAt: timestampFromDate(row.created_at),
    ...(row.sent_at && { sentAt: timestampFromDate(row.sent_at) }),
  };
}
