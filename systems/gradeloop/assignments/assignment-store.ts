import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Executor, notFound } from "parleyjs";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import type { AssignmentSchema } from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";

export interface AssignmentRow {
  id: bigint;
  course_id: bigint;
  title: string;
  description: string;
  due_date: Date;
  max_points: number;
  created_at: Date;
  updated_at: Date;
}

export interface AssignmentText {
  readonly title: string;
  readonly description: string;
  readonly dueDate: Date;
  readonly maxPoints: number;
}

/** An end that is left out is open. */
export interface DueRange {
  readonly from?: Timestamp | undefined;
  readonly to?: Timestamp | undefined;
}

export function createAssignmentStore(db: Executor) {
  return {
    async get(id: bigint, tx: Executor = db, lock: "" | "FOR SHARE" | "FOR UPDATE" = ""): Promise<AssignmentRow> {
      const { rows } = await tx.query<AssignmentRow>(`SELECT * FROM assignments WHERE id = $1 ${lock}`, [id]);
      if (!rows[0]) throw notFound("assignment");
      return rows[0];
    },

    async list(courseId: bigint, request: PageRequest, due: DueRange = {}) {
      const [from, to] = [due.from, due.to].map((end) => end && timestampDate(end));
      const page = readPage(request, { list: ["assignments", String(courseId), from, to] });
      const { rows } = await db.query<AssignmentRow>(
        `SELECT * FROM assignments
         WHERE course_id = $1 AND id > $2
           AND ($3::timestamptz IS NULL OR due_date >= $3) AND ($4::timestamptz IS NULL OR due_date < $4)
         ORDER BY id LIMIT $5`,
        [courseId, page.after ?? "0", from ?? null, to ?? null, page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toAssignment);
    },

    async insert(tx: Executor, courseId: bigint, { title, description, dueDate, maxPoints }: AssignmentText) {
      return onlyRow(
        await tx.query<AssignmentRow>(
          `INSERT INTO assignments (course_id, title, description, due_date, max_points)
           VALUES ($1, $2, $3, $4, $5) RETURNING *`,
          [courseId, title, description, dueDate, maxPoints],
        ),
      );
    },

    async update(tx: Executor, id: bigint, { title, description, dueDate, maxPoints }: AssignmentText) {
      return onlyRow(
        await tx.query<AssignmentRow>(
          `UPDATE assignments SET title = $2, description = $3, due_date = $4, max_points = $5,
             updated_at = greatest(date_trunc('milliseconds', now()), updated_at + interval '1 millisecond')
           WHERE id = $1 RETURNING *`,
          [id, title, description, dueDate, maxPoints],
        ),
      );
    },

    async remove(tx: Executor, id: bigint): Promise<void> {
      await tx.query("DELETE FROM assignments WHERE id = $1", [id]);
    },

    /** Removes what belongs to a course; gives the ids. */
    async removeOfCourse(tx: Executor, courseId: bigint): Promise<readonly bigint[]> {
      const { rows } = await tx.query<{ id: bigint }>("DELETE FROM assignments WHERE course_id = $1 RETURNING id", [
        courseId,
      ]);
      return rows.map(({ id }) => id);
    },
  };
}

export function toAssignment(row: AssignmentRow): MessageInitShape<typeof AssignmentSchema> {
  return {
    id: row.id,
    title: row.title,
    courseId: row.course_id,
    dueDate: timestampFromDate(row.due_date),
    maxPoints: row.max_points,
    description: row.description,
    createdAt: timestampFromDate(row.created_at),
    updatedAt: timestampFromDate(row.updated_at),
  };
}
