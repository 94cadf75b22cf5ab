import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Executor } from "parleyjs";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import {
  type AssignmentFiguresSchema,
  type GradeReportSchema,
  ReportStatus,
} from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";

/** Figures as they are stored: JSON numbers only, as an id here counts assignments. */
interface StoredFigures {
  readonly assignment_id: number;
  readonly title: string;
  readonly max_points: number;
  readonly submitted: number;
  readonly graded: number;
  readonly lowest: number | null;
  readonly mean: number | null;
  readonly highest: number | null;
}

interface GradeReportRow {
  id: bigint;
  course_id: bigint;
  status: "PENDING" | "COMPLETED" | "FAILED";
  figures: StoredFigures[];
  created_at: Date;
  completed_at: Date | null;
}

export function createGradeReportStore(db: Executor) {
  return {
    async insert(tx: Executor, courseId: bigint) {
      const row = onlyRow(
        await tx.query<GradeReportRow>("INSERT INTO grade_reports (course_id) VALUES ($1) RETURNING *", [courseId]),
      );
      return { ...toReport(row), id: row.id };
    },

    async list(courseId: bigint, request: PageRequest) {
      const page = readPage(request, { list: ["grade-reports", String(courseId)] });
      const { rows } = await db.query<GradeReportRow>(
        "SELECT * FROM grade_reports WHERE course_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        [courseId, page.after ?? "0", page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toReport);
    },

    /** Computes the figures and stores them. A report that is complete already stays as it is. */
    async complete(tx: Executor, id: bigint, at: Date): Promise<void> {
      await tx.query(
        `UPDATE grade_reports r SET status = 'COMPLETED', completed_at = $2, figures = coalesce((
           SELECT jsonb_agg(jsonb_build_object(
             'assignment_id', a.id, 'title', a.title, 'max_points', a.max_points, 'submitted', s.submitted,
             'graded', s.graded, 'lowest', s.lowest, 'mean', s.mean, 'highest', s.highest) ORDER BY a.id)
           FROM assignments a CROSS JOIN LATERAL (
             SELECT count(*) AS submitted, count(points) AS graded, min(points) AS lowest, avg(points) AS mean,
               max(points) AS highest
             FROM submissions WHERE assignment_id = a.id) s
           WHERE a.course_id = r.course_id), '[]')
         WHERE id = $1 AND status = 'PENDING'`,
        [id, at],
      );
    },
  };
}

function toReport(row: GradeReportRow): MessageInitShape<typeof GradeReportSchema> {
  return {
    id: row.id,
    courseId: row.course_id,
    status: ReportStatus[row.status],
    assignments: row.figures.map(toFigures),
    createdAt: timestampFromDate(row.created_at),
    ...(row.completed_at && { completedAt: timestampFromDate(row.completed_at) }),
  };
}

function toFigures({
  assignment_id,
  title,
  max_points,
  submitted,
  graded,
  lowest,
  mean,
  highest,
}: StoredFigures): MessageInitShape<typeof AssignmentFiguresSchema> {
  return {
    assignmentId: BigInt(assignment_id),
    title,
    maxPoints: max_points,
    submitted,
    graded,
    ...(lowest !== null && { lowest }),
    ...(mean !== null && { mean }),
    ...(highest !== null && { highest }),
  };
}
