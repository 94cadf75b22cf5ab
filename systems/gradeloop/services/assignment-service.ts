import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { defineService, failedPrecondition, invalidArgument, on, permissionDenied, work } from "parleyjs";
import { type AssignmentRow, createAssignmentStore, toAssignment } from "../assignments/assignment-store.ts";
import { createGradeReportStore } from "../assignments/grade-report-store.ts";
import { createSubmissionStore, type GradeRow, toSubmission } from "../assignments/submission-store.ts";
import {
  AssignmentCreated,
  AssignmentDeleted,
  AssignmentUpdated,
  CourseDeleted,
  CoursePublished,
  CourseUpdated,
  SubmissionGraded,
} from "../events.ts";
import { GradeReports } from "../queues.ts";
import { seedAssignments } from "../seed/assignments.ts";
import { signedInUser } from "../shared/caller.ts";
import { assertTakesPart, assertTeaches, createCourseViews, seesAll } from "../shared/course-views.ts";
import { AcademicsService, Standing } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import { AssignmentService } from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";
import type { Settings } from "../shared/settings.ts";
import { assertUnchanged } from "../shared/unchanged.ts";

export const assignmentService = ({ seed }: Settings) =>
  defineService({
    name: "assignment-service",
    port: 8082,
    implements: AssignmentService,
    calls: { academics: AcademicsService },
    database: { name: "assignmentdb", migrations: new URL("../migrations/assignmentdb", import.meta.url) },
    publishes: [AssignmentCreated, AssignmentUpdated, AssignmentDeleted, SubmissionGraded],
    subscribes: [CourseUpdated, CoursePublished, CourseDeleted],
    queues: [GradeReports],

    async setup({ db, clock, calls, events, jobs, onStop }) {
      const assignments = createAssignmentStore(db);
      const submissions = createSubmissionStore(db);
      const reports = createGradeReportStore(db);
      const courses = await createCourseViews(calls.academics, { db, clock });
      onStop(() => courses.close());
      if (seed) await seedAssignments(db, clock);

      const assertFuture = (dueDate: Date): void => {
        if (dueDate.getTime() > clock.now()) return;
        throw invalidArgument({ field: "due_date", description: "must be a future date" });
      };

      /** An assignment that the caller may change. */
      const taught = async (id: bigint): Promise<AssignmentRow> => {
        const assignment = await assignments.get(id);
        assertTeaches(await courses.get(assignment.course_id));
        return assignment;
      };

      /** Names the courses of grades, all with one call. */
      const withCourses = async (rows: readonly GradeRow[]) => {
        const ids = [...new Set(rows.map(({ course_id }) => course_id))];
        const known = ids.length > 0 ? (await calls.academics.batchGetCourses({ ids })).courses : [];
        const byId = new Map(known.map((course) => [course.id, course]));
        return rows.map((row) => ({
          submissionId: row.id,
          assignmentId: row.assignment_id,
          assignmentTitle: row.assignment_title,
          courseId: row.course_id,
          courseCode: byId.get(row.course_id)?.code ?? "",
          courseTitle: byId.get(row.course_id)?.title ?? "",
          points: row.points,
          maxPoints: row.max_points,
          feedback: row.feedback,
          gradedAt: timestampFromDate(row.graded_at),
        }));
      };

      return {
        methods: {
          async createAssignment({ courseId, title, description, dueDate, maxPoints }) {
            assertTeaches(await courses.get(courseId));
            const due = timestampDate(dueDate as NonNullable<typeof dueDate>);
            assertFuture(due);
            const assignment = await db.transaction(async (tx) => {
              const added = await assignments.insert(tx, courseId, { title, description, dueDate: due, maxPoints });
              await events.publish(tx, AssignmentCreated, { assignmentId: added.id, courseId, title, dueDate });
              return added;
            });
            return { assignment: toAssignment(assignment) };
          },

          async getAssignment({ id }) {
            const assignment = await assignments.get(id);
            assertTakesPart(await courses.get(assignment.course_id));
            return { assignment: toAssignment(assignment) };
          },

          async listAssignments({ courseId, due, ...page }) {
            assertTakesPart(await courses.get(courseId));
            const { items, pagination } = await assignments.list(courseId, page, due);
            return { assignments: items, pagination };
          },

          async updateAssignment({ id, title, description, dueDate, maxPoints, expectedUpdatedAt }) {
            const { course_id: courseId } = await taught(id);
            const due = timestampDate(dueDate as NonNullable<typeof dueDate>);
            const assignment = await db.transaction(async (tx) => {
              const present = await assignments.get(id, tx, "FOR UPDATE");
              assertUnchanged("assignment", present.updated_at, expectedUpdatedAt);
              if (due.getTime() !== present.due_date.getTime()) assertFuture(due);
              const highest = maxPoints < present.max_points ? await submissions.highestGrade(tx, id) : 0;
              if (highest > maxPoints) {
                throw failedPrecondition(
                  `a submission has ${highest} points already: max_points cannot be ${maxPoints}`,
                );
              }
              const updated = await assignments.update(tx, id, { title, description, dueDate: due, maxPoints });
              await events.publish(tx, AssignmentUpdated, { assignmentId: id, courseId, title, dueDate });
              return updated;
            });
            return { assignment: toAssignment(assignment) };
          },

          async deleteAssignment({ id }) {
            await taught(id);
            await db.transaction(async (tx) => {
              const { course_id: courseId } = await assignments.get(id, tx, "FOR UPDATE");
              await assignments.remove(tx, id);
              await events.publish(tx, AssignmentDeleted, { assignmentId: id, courseId });
            });
            return {};
          },

          async createSubmission({ assignmentId, content }) {
            const student = signedInUser();
            const { course_id } = await assignments.get(assignmentId);
            const { standing } = await courses.get(course_id);
            if (standing !== Standing.STUDENT) throw permissionDenied("only students of the course hand in");
            const submission = await db.transaction(async (tx) => {
              const { due_date } = await assignments.get(assignmentId, tx, "FOR SHARE");
              const at = new Date(clock.now());
              if (at > due_date) throw failedPrecondition(`the assignment was due at ${due_date.toISOString()}`);
              return submissions.insert(tx, { assignmentId, studentId: student.id, content, at });
            });
            return { submission: toSubmission(submission) };
          },

          async listSubmissions({ assignmentId, ...page }) {
            const { course_id } = await assignments.get(assignmentId);
            const view = await courses.get(course_id);
            assertTakesPart(view);
            const owner = seesAll(view) ? undefined : signedInUser().id;
            const { items, pagination } = await submissions.list(assignmentId, owner, page);
            return { submissions: items, pagination };
          },

          async gradeSubmission({ id, points, feedback }) {
            if (points === undefined) throw invalidArgument({ field: "points", description: "is required" });
            const { assignment_id } = await submissions.get(db, id);
            await taught(assignment_id);
            const submission = await db.transaction(async (tx) => {
              // Held, so that max_points cannot sink below the grade meanwhile.
              const assignment = await assignments.get(assignment_id, tx, "FOR SHARE");
              if (points > assignment.max_points) {
                throw failedPrecondition(
                  `${points} points are more than the ${assignment.max_points} of the assignment`,
                );
              }
              const at = new Date(clock.now());
              const graded = await submissions.grade(tx, { id, points, feedback, by: signedInUser().id, at });
              await events.publish(tx, SubmissionGraded, {
                submissionId: id,
                assignmentId: assignment_id,
                courseId: assignment.course_id,
                studentId: graded.student_id,
                assignmentTitle: assignment.title,
                points,
                maxPoints: assignment.max_points,
              });
              return graded;
            });
            return { submission: toSubmission(submission) };
          },

          listGrades: (page) => submissions.listGrades(signedInUser().id, page, withCourses),

          async createGradeReport({ courseId }) {
            assertTeaches(await courses.get(courseId));
            const report = await db.transaction(async (tx) => {
              const added = await reports.insert(tx, courseId);
              await jobs.enqueue(tx, GradeReports, { reportId: added.id });
              return added;
            });
            return { report };
          },

          async listGradeReports({ courseId, ...page }) {
            assertTeaches(await courses.get(courseId));
            const { items, pagination } = await reports.list(courseId, page);
            return { reports: items, pagination };
          },
        },
        events: [
          on(CourseUpdated, ({ courseId }, { tx }) => courses.forget(tx, courseId)),
          on(CoursePublished, ({ courseId }, { tx }) => courses.forget(tx, courseId)),
          on(CourseDeleted, async ({ courseId }, { tx }) => {
            await courses.forget(tx, courseId);
            for (const assignmentId of await assignments.removeOfCourse(tx, courseId)) {
              await events.publish(tx, AssignmentDeleted, { assignmentId, courseId });
            }
          }),
        ],
        jobs: [work(GradeReports, ({ reportId }, { tx }) => reports.complete(tx, reportId, new Date(clock.now())))],
      };
    },
  });
