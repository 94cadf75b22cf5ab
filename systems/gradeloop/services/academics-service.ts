import { defineService, failedPrecondition, invalidArgument, permissionDenied } from "parleyjs";
import { assertInCharge, isVisible } from "../academics/course-access.ts";
import { type CourseRow, createCourseStore, existingCourse, toCourse } from "../academics/course-store.ts";
import { createEnrollmentStore } from "../academics/enrollment-store.ts";
import { CourseDeleted, CoursePublished, CourseUpdated, UserEnrolled } from "../events.ts";
import { seedCourses } from "../seed/courses.ts";
import { callingUser, type Role, signedInUser, viewerId } from "../shared/caller.ts";
import { AcademicsService, Standing } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import { IamService } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";
import type { Settings } from "../shared/settings.ts";
import { assertUnchanged } from "../shared/unchanged.ts";

export const academicsService = ({ seed }: Settings) =>
  defineService({
    name: "academics-service",
    port: 8081,
    implements: AcademicsService,
    calls: { iam: IamService },
    database: { name: "academicsdb", migrations: new URL("../migrations/academicsdb", import.meta.url) },
    publishes: [CoursePublished, CourseUpdated, CourseDeleted, UserEnrolled],

    async setup({ db, calls, events }) {
      const courses = createCourseStore(db);
      const enrollments = createEnrollmentStore(db);
      if (seed) await seedCourses(db);

      const instructorFor = async (named: string, fallback: string): Promise<string> => {
        if (named === "" || named === fallback) return fallback;
        if (!signedInUser().is("admin")) throw permissionDenied("only an admin may name another instructor");
        await assertRole("instructor_id", named, "instructor");
        return named;
      };

      const assertRole = async (field: string, userId: string, role: Role): Promise<void> => {
        const caller = signedInUser();
        if (userId === caller.id && caller.is(role)) return; // the token says so
        const { users } = await calls.iam.batchGetUsers({ ids: [userId] });
        if (users[0]?.roles.includes(role)) return;
        throw invalidArgument({ field, description: `must be a user with the role ${role}` });
      };

      /** A course that the caller sees; what others must not see is not there. */
      const visibleCourse = async (id: bigint, viewer: string | undefined): Promise<CourseRow> => {
        const course = await courses.find(id);
        return existingCourse(course && isVisible(course, viewer) ? course : undefined);
      };

      return {
        methods: {
          async getCourse({ id, userId }) {
            const viewer = viewerId(userId);
            const course = await visibleCourse(id, viewer);
            const standings =
              viewer === undefined ? [] : await enrollments.standings([{ courseId: id, userId: viewer }]);
            return { course: toCourse(course), standing: standings[0] ?? Standing.NONE };
          },

          async listCourses(request) {
            const caller = callingUser();
            const { items, pagination } = await courses.list(request, {
              viewerId: caller?.is("admin") ? undefined : caller?.id,
              semesterId: request.semesterId,
              memberId: request.mine ? signedInUser().id : undefined,
            });
            return { courses: items, pagination };
          },

          async createCourse({ title, code, instructorId, semesterId }) {
            const instructor = await instructorFor(instructorId, signedInUser().id);
            await assertRole("instructor_id", instructor, "instructor");
            return { course: toCourse(await courses.insert({ title, code, instructorId: instructor, semesterId })) };
          },

          async updateCourse({ id, title, code, instructorId, semesterId, expectedUpdatedAt }) {
            const before = await visibleCourse(id, callingUser()?.id);
            assertInCharge(before);
            const instructor = await instructorFor(instructorId, before.instructor_id);
            const course = await db.transaction(async (tx) => {
              const present = existingCourse(await courses.find(id, tx, "FOR UPDATE"));
              assertInCharge(present);
              assertUnchanged("course", present.updated_at, expectedUpdatedAt);
              const updated = await courses.update(tx, id, { title, code, instructorId: instructor, semesterId });
              await events.publish(tx, CourseUpdated, { courseId: id, title, code, instructorId: instructor });
              return updated;
            });
            return { course: toCourse(course) };
          },

          async deleteCourse({ id }) {
            await db.transaction(async (tx) => {
              assertInCharge(existingCourse(await courses.find(id, tx, "FOR UPDATE")));
              await courses.remove(tx, id);
              await events.publish(tx, CourseDeleted, { courseId: id });
            });
            return {};
          },

          async publishCourse({ id }) {
            const course = await db.transaction(async (tx) => {
              const present = existingCourse(await courses.find(id, tx, "FOR UPDATE"));
              assertInCharge(present);
              if (present.status === "PUBLISHED") return present;
              const published = await courses.publish(tx, id);
              const { title, code, instructor_id } = published;
              await events.publish(tx, CoursePublished, { courseId: id, title, code, instructorId: instructor_id });
              return published;
            });
            return { course: toCourse(course) };
          },

          async enrollUser({ courseId, userId }) {
            const caller = signedInUser();
            const student = userId || caller.id;
            const course = await visibleCourse(courseId, caller.id);
            if (student !== caller.id) assertInCharge(course);
            await assertRole("user_id", student, "student");
            const enrollment = await db.transaction(async (tx) => {
              const present = existingCourse(await courses.find(courseId, tx, "FOR SHARE"));
              if (present.status === "DRAFT") throw failedPrecondition("the course is not published yet");
              const added = await enrollments.insert(tx, { courseId, userId: student });
              await events.publish(tx, UserEnrolled, { courseId, userId: student, courseTitle: present.title });
              return added;
            });
            return { enrollment };
          },

          async listEnrollments({ courseId, pageSize, pageToken }) {
            const course = await visibleCourse(courseId, callingUser()?.id);
            if (callingUser()) assertInCharge(course);
            const { items, pagination } = await enrollments.list(courseId, { pageSize, pageToken });
            return { enrollments: items, pagination };
          },

          async batchGetCourses({ ids }) {
            const found = await courses.findMany(ids);
            const viewer = callingUser()?.id;
            return { courses: found.filter((course) => isVisible(course, viewer)).map(toCourse) };
          },

          async batchGetStandings({ pairs }) {
            for (const { userId } of pairs) viewerId(userId);
            return { standings: await enrollments.standings(pairs) };
          },
        },
      };
    },
  });
