import { createCache, liveEvent, onEvent, type RealtimeRule } from "parleyjs";
import {
  AssignmentCreated,
  AssignmentDeleted,
  AssignmentUpdated,
  CourseDeleted,
  CoursePublished,
  CourseUpdated,
  SubmissionGraded,
  UserEnrolled,
} from "../events.ts";
import { AcademicsService, Standing } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";

type Question = Parameters<RealtimeRule>[0];

/** What an event that does not come can cost. */
const TTL_MS = 60_000;

/** What clients may follow. Students hear of the courses that they attend, and of no grade but their own. */
export function liveEvents() {
  // One for all clients of a gateway: a class hears the same events.
  const standings = createCache<string, Standing>({
    maxEntries: 100_000,
    ttlMs: TTL_MS,
    // Who takes no part may enrol at any moment, and would miss what comes then.
    keep: (standing) => standing === Standing.STUDENT || standing === Standing.INSTRUCTOR,
  });

  const standingOf = (courseId: bigint, { principal, client }: Pick<Question, "principal" | "client">) => {
    const userId = principal?.subject ?? "";
    return standings.get(`${courseId} ${userId}`, async () => {
      const answer = await client(AcademicsService).batchGetStandings({ pairs: [{ courseId, userId }] });
      return answer.standings[0] ?? Standing.NONE;
    });
  };
  const isAdmin = ({ principal }: Pick<Question, "principal">): boolean => principal?.roles.includes("admin") ?? false;
  const teaches = async (courseId: bigint, question: Pick<Question, "principal" | "client">): Promise<boolean> =>
    isAdmin(question) || (await standingOf(courseId, question)) === Standing.INSTRUCTOR;
  const takesPart = async (courseId: bigint, question: Pick<Question, "principal" | "client">): Promise<boolean> =>
    isAdmin(question) || (await standingOf(courseId, question)) !== Standing.NONE;

  /** A course has another instructor, or is gone. Without it some may have been missed: then all go. */
  const forget = (course: { readonly courseId: bigint } | undefined): void =>
    standings.invalidateWhere((key) => course === undefined || key.startsWith(`${course.courseId} `));

  const events = [
    liveEvent(CoursePublished, "everyone"),
    liveEvent(AssignmentCreated, (question) => takesPart(question.payload.courseId, question)),
    liveEvent(AssignmentUpdated, (question) => takesPart(question.payload.courseId, question)),
    liveEvent(AssignmentDeleted, (question) => takesPart(question.payload.courseId, question)),
    liveEvent(
      UserEnrolled,
      (question) =>
        question.payload.userId === question.principal?.subject || teaches(question.payload.courseId, question),
    ),
    liveEvent(
      SubmissionGraded,
      (question) =>
        question.payload.studentId === question.principal?.subject || teaches(question.payload.courseId, question),
    ),
  ];
  return { events, listeners: [onEvent(CourseUpdated, forget), onEvent(CourseDeleted, forget)] };
}
