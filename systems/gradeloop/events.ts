import { defineEvent } from "parleyjs";
import {
  AssignmentCreatedSchema,
  AssignmentDeletedSchema,
  AssignmentUpdatedSchema,
  CourseDeletedSchema,
  CoursePublishedSchema,
  CourseUpdatedSchema,
  SubmissionGradedSchema,
  UserEnrolledSchema,
} from "./shared/protos/gen/ts/events/v1/events_pb.ts";

// Everything belongs to a course: what happens in one is heard in its order, and a client follows it as `courses/7`.
const ofCourse = {
  key: ({ courseId }: { courseId: bigint }) => courseId,
  subject: ({ courseId }: { courseId: bigint }) => `courses/${courseId}`,
};

export const CoursePublished = defineEvent({ name: "courses.published", schema: CoursePublishedSchema, ...ofCourse });
export const CourseUpdated = defineEvent({ name: "courses.updated", schema: CourseUpdatedSchema, ...ofCourse });
export const CourseDeleted = defineEvent({ name: "courses.deleted", schema: CourseDeletedSchema, ...ofCourse });
export const UserEnrolled = defineEvent({ name: "users.enrolled", schema: UserEnrolledSchema, ...ofCourse });
export const AssignmentCreated = defineEvent({
  name: "assignments.created",
  schema: AssignmentCreatedSchema,
  ...ofCourse,
});
export const AssignmentUpdated = defineEvent({
  name: "assignments.updated",
  schema: AssignmentUpdatedSchema,
  ...ofCourse,
});
export const AssignmentDeleted = defineEvent({
  name: "assignments.deleted",
  schema: AssignmentDeletedSchema,
  ...ofCourse,
});
export const SubmissionGraded = defineEvent({
  name: "submissions.graded",
  schema: SubmissionGradedSchema,
  ...ofCourse,
});

/** What leaves the system: what clients may follow live, and webhooks tell of. */
export const PUBLIC_EVENTS = [
  CoursePublished,
  UserEnrolled,
  AssignmentCreated,
  AssignmentUpdated,
  AssignmentDeleted,
  SubmissionGraded,
] as const;
