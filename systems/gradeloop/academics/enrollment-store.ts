import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Executor } from "parleyjs";
import { refuseDuplicate } from "../shared/duplicate.ts";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import { type EnrollmentSchema, Standing } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";

interface EnrollmentRow {
  id: bigint;
  course_id: bigint;
  user_id: string;
  enrolled_at: Date;
}

export interface CourseUser {
  readonly courseId: bigint;
  readonly userId: string;
}

export function createEnrollmentStore(db: Executor) {
  return {
    insert(tx: Executor, { courseId, userId }: CourseUser) {
      return refuseDuplicate("the user is enrolled in the course already", async () =>
        toEnrollment(
          onlyRow(
            await tx.query<EnrollmentRow>("INSERT INTO enrollments (course_id, user_id) VALUES ($1, $2) RETURNING *", [
              courseId,
              userId,
            ]),
          ),
        ),
      );
    },

    async list(courseId: bigint, request: PageRequest) {
      const page = readPage(request, { list: ["enrollments", String(courseId)] });
      const { rows } = await db.query<EnrollmentRow>(
        "SELECT * FROM enrollments WHERE course_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        [courseId, page.after ?? "0", page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toEnrollment);
    },

    /** How users stand in courses, in the order of the pairs. */
    async standings(pairs: readonly CourseUser[]): Promise<Standing[]> {
      const { rows } = await db.query<{ teaches: boolean; attends: boolean }>(
        `SELECT
           EXISTS (SELECT FROM courses c WHERE c.id = pair.course_id AND c.instructor_id = pair.user_id) AS teaches,
           EXISTS (SELECT FROM enrollments e WHERE e.user_id = pair.user_id AND e.course_id = pair.course_id) AS attends
         FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS pair (course_id, user_id, position)
         ORDER BY position`,
        [pairs.map(({ courseId }) => courseId), pairs.map(({ userId }) => userId)],
      );
      return rows.map(({ teaches, attends }) =>
        teaches ? Standing.INSTRUCTOR : attends ? Standing.STUDENT : Standing.NONE,
      );
    },
  };
}

function toEnrollment({ course_id, user_id, enrolled_at }: EnrollmentRow): MessageInitShape<typeof EnrollmentSchema> {
  return { courseId: course_id, userId: user_id, enrolledAt: timestampFromDate(enrolled_at) };
}
