import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Envelope } from "parleyjs";
import type {
  AssignmentCreated,
  AssignmentUpdated,
  SubmissionGraded,
  UserEnrolled,
} from "../shared/protos/gen/ts/events/v1/events_pb.ts";
import type { NoticeJob } from "../shared/protos/gen/ts/notifications/v1/notifications_pb.ts";

/** What an event has to tell, and whom. */
type Notice = Pick<NoticeJob, "subject" | "body" | "audience">;

const when = (date: Timestamp | undefined): string => (date ? timestampDate(date).toUTCString() : "some day");

export const noticeOf = {
  assignmentCreated: ({ courseId, title, dueDate }: AssignmentCreated): Notice => ({
    subject: `New assignment: ${title}`,
    body: `${title} is due ${when(dueDate)}.`,
    audience: { case: "courseId", value: courseId },
  }),
  assignmentUpdated: ({ courseId, title, dueDate }: AssignmentUpdated): Notice => ({
    subject: `Assignment changed: ${title}`,
    body: `${title} is now due ${when(dueDate)}.`,
    audience: { case: "courseId", value: courseId },
  }),
  submissionGraded: ({ studentId, assignmentTitle, points, maxPoints }: SubmissionGraded): Notice => ({
    subject: `Graded: ${assignmentTitle}`,
    body: `You have ${points} of ${maxPoints} points.`,
    audience: { case: "userId", value: studentId },
  }),
  userEnrolled: ({ userId, courseTitle }: UserEnrolled): Notice => ({
    subject: `Welcome to ${courseTitle}`,
    body: `You are enrolled in ${courseTitle}.`,
    audience: { case: "userId", value: userId },
  }),
};

/** An event is one of its source (CloudEvents 1.0, section "id"). */
export function eventIdOf({ source, id }: Envelope): string {
  return `${source} ${id}`;
}
