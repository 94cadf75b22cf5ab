import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Executor, notFound } from "parleyjs";
import { refuseDuplicate } from "../shared/duplicate.ts";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import { type CourseSchema, CourseStatus } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";

export type Course = MessageInitShape<typeof CourseSchema>;

export interface CourseRow {
  id: bigint;
  title: string;
  code: string;
  instructor_id: string;
  semester_id: number;
  status: "DRAFT" | "PUBLISHED";
  created_at: Date;
  updated_at: Date;
}

export interface CourseText {
  readonly title: string;
  readonly code: string;
  readonly instructorId: string;
  readonly semesterId: number;
}

interface CourseFilter {
  /** Whose view: undefined sees drafts of everyone. */
  readonly viewerId: string | undefined;
  readonly semesterId: number;
  /** Only those that this user takes part in. */
  readonly memberId: string | undefined;
}

/** Later than any change before it, to the millisecond, which is what the wire carries: it serves as the version. */
const TOUCH = "updated_at = greatest(date_trunc('milliseconds', now()), updated_at + interval '1 millisecond')";

export function createCourseStore(db: Executor) {
  return {
    async find(
      id: bigint,
      tx: Executor = db,
      lock: "" | "FOR SHARE" | "FOR UPDATE" = "",
    ): Promise<CourseRow | undefined> {
      const { rows } = await tx.query<CourseRow>(`SELECT * FROM courses WHERE id = $1 ${lock}`, [id]);
      return rows[0];
    },

    async findMany(ids: readonly bigint[]): Promise<readonly CourseRow[]> {
      const { rows } = await db.query<CourseRow>("SELECT * FROM courses WHERE id = ANY($1::bigint[])", [ids]);
      return rows;
    },

    async list(request: PageRequest, { viewerId, semesterId, memberId }: CourseFilter) {
      const page = readPage(request, { list: ["courses", semesterId, memberId] });
      const { rows } = await db.query<CourseRow>(
        `SELECT * FROM courses c
         WHERE id > $1
           AND ($2::text IS NULL OR status = 'PUBLISHED' OR instructor_id = $2)
           AND ($3::integer = 0 OR semester_id = $3)
           AND ($4::text IS NULL OR instructor_id = $4
             OR EXISTS (SELECT FROM enrollments e WHERE e.user_id = $4 AND e.course_id = c.id))
         ORDER BY id LIMIT $5`,
        [page.after ?? "0", viewerId ?? null, semesterId, memberId ?? null, page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toCourse);
    },

    insert({ title, code, instructorId, semesterId }: CourseText): Promise<CourseRow> {
      return refuseTakenCode(code, async () =>
        onlyRow(
          await db.query<CourseRow>(
            "INSERT INTO courses (title, code, instructor_id, semester_id) VALUES ($1, $2, $3, $4) RETURNING *",
            [title, code, instructorId, semesterId],
          ),
        ),
      );
    },

    update(tx: Executor, id: bigint, { title, code, instructorId, semesterId }: CourseText): Promise<CourseRow> {
      return refuseTakenCode(code, async () =>
        onlyRow(
          await tx.query<CourseRow>(
            `UPDATE courses SET title = $2, code = $3, instructor_id = $4, semester_id = $5, ${TOUCH}
             WHERE id = $1 RETURNING *`,
            [id, title, code, instructorId, semesterId],
          ),
        ),
      );
    },

    async publish(tx: Executor, id: bigint): Promise<CourseRow> {
      return onlyRow(
        await tx.query<CourseRow>(`UPDATE courses SET status = 'PUBLISHED', ${TOUCH} WHERE id = $1 RETURNING *`, [id]),
      );
    },

    async remove(tx: Executor, id: bigint): Promise<void> {
      await tx.query("DELETE FROM courses WHERE id = $1", [id]);
    },
  };
}

export type CourseStore = ReturnType<typeof createCourseStore>;

export function toCourse(row: CourseRow): Course {
  return {
    id: row.id,
    title: row.title,
    code: row.code,
    instructorId: row.instructor_id,
    semesterId: row.semester_id,
    status: CourseStatus[row.status],
    createdAt: timestampFromDate(row.created_at),
    updatedAt: timestampFromDate(row.updated_at),
  };
}

/** The course, if it is there. @throws ParleyError NOT_FOUND */
export function existingCourse(row: CourseRow | undefined): CourseRow {
  if (!row) throw notFound("course");
  return row;
}

function refuseTakenCode<T>(code: string, write: () => Promise<T>): Promise<T> {
  return refuseDuplicate(`the semester has a course with the code ${code} already`, write);
}
