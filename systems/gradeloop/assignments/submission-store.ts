import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Executor, notFound } from "parleyjs";
import { refuseDuplicate } from "../shared/duplicate.ts";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import type { SubmissionSchema } from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";

export interface SubmissionRow {
  id: bigint;
  assignment_id: bigint;
  student_id: string;
  content: string;
  submitted_at: Date;
  points: number | null;
  feedback: string;
  graded_by: string;
  graded_at: Date | null;
}

/** A grade with the assignment that it was given for. */
export interface GradeRow {
  id: bigint;
  assignment_id: bigint;
  assignment_title: string;
  course_id: bigint;
  points: number;
  max_points: number;
  feedback: string;
  graded_at: Date;
}

export function createSubmissionStore(db: Executor) {
  return {
    async get(tx: Executor, id: bigint): Promise<SubmissionRow> {
      const { rows } = await tx.query<SubmissionRow>("SELECT * FROM submissions WHERE id = $1", [id]);
      if (!rows[0]) throw notFound("submission");
      return rows[0];
    },

    /** Those of one student, or of all. */
    async list(assignmentId: bigint, studentId: string | undefined, request: PageRequest) {
      const page = readPage(request, { list: ["submissions", String(assignmentId), studentId] });
      const { rows } = await db.query<SubmissionRow>(
        `SELECT * FROM submissions WHERE assignment_id = $1 AND id > $2 AND ($3::text IS NULL OR student_id = $3)
         ORDER BY id LIMIT $4`,
        [assignmentId, page.after ?? "0", studentId ?? null, page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toSubmission);
    },

    insert(
      tx: Executor,
      { assignmentId, studentId, content, at }: { assignmentId: bigint; studentId: string; content: string; at: Date },
    ): Promise<SubmissionRow> {
      return refuseDuplicate("the assignment was handed in already", async () =>
        onlyRow(
          await tx.query<SubmissionRow>(
            `INSERT INTO submissions (assignment_id, student_id, content, submitted_at) VALUES ($1, $2, $3, $4)
             RETURNING *`,
            [assignmentId, studentId, content, at],
          ),
        ),
      );
    },

    async grade(
      tx: Executor,
      { id, points, feedback, by, at }: { id: bigint; points: number; feedback: string; by: string; at: Date },
    ): Promise<SubmissionRow> {
      return onlyRow(
        await tx.query<SubmissionRow>(
          `UPDATE submissions SET points = $2, feedback = $3, graded_by = $4, graded_at = $5 WHERE id = $1 RETURNING *`,
          [id, points, feedback, by, at],
        ),
      );
    },

    async highestGrade(tx: Executor, assignmentId: bigint): Promise<number> {
      const { rows } = await tx.query<{ highest: number | null }>(
        "SELECT max(points) AS highest FROM submissions WHERE assignment_id = $1",
        [assignmentId],
      );
      return rows[0]?.highest ?? 0;
    },

    async listGrades<T>(
      studentId: string,
      request: PageRequest,
      toGrades: (rows: readonly GradeRow[]) => Promise<T[]>,
    ) {
      const page = readPage(request, { list: ["grades", studentId] });
      const { rows } = await db.query<GradeRow>(
        `SELECT s.id, s.assignment_id, a.title AS assignment_title, a.course_id, s.points, a.max_points, s.feedback,
           s.graded_at
         FROM submissions s JOIN assignments a ON a.id = s.assignment_id
         WHERE s.student_id = $1 AND s.id > $2 AND s.points IS NOT NULL ORDER BY s.id LIMIT $3`,
        [studentId, page.after ?? "0", page.readLimit],
      );
      const { items, pagination } = page.of(
        rows,
        ({ id }) => id,
        (row) => row,
      );
      return { grades: await toGrades(items), pagination };
    },
  };
}

export function toSubmission(row: SubmissionRow): MessageInitShape<typeof SubmissionSchema> {
  return {
    id: row.id,
    assignmentId: row.assignment_id,
    studentId: row.student_id,
    content: row.content,
    submittedAt: timestampFromDate(row.submitted_at),
    ...(row.points !== null && { points: row.points }),
    feedback: row.feedback,
    gradedBy: row.graded_by,
    ...(row.graded_at && { gradedAt: timestampFromDate(row.graded_at) }),
  };
}
