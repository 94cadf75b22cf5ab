import { create, fromJson, type MessageInitShape, type MessageShape, toJson } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Executor, notFound } from "parleyjs";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import {
  ReportStatus,
  type SimilarityReportSchema,
  SimilarPairSchema,
} from "../shared/protos/gen/ts/cipas/v1/cipas_pb.ts";
import type { SimilarPair } from "./compare.ts";

interface ReportRow {
  id: bigint;
  assignment_id: bigint;
  requested_by: string;
  threshold: number;
  status: "PENDING" | "COMPLETED" | "FAILED";
  submissions: number;
  /** As the contract has them, in JSON. */
  pairs: Parameters<typeof fromJson>[1][];
  error: { code: string; message: string } | null;
  created_at: Date;
  completed_at: Date | null;
}

export type Report = MessageInitShape<typeof SimilarityReportSchema>;

export function createReportStore(db: Executor) {
  return {
    async insert(
      tx: Executor,
      { assignmentId, requestedBy, threshold }: { assignmentId: bigint; requestedBy: string; threshold: number },
    ): Promise<Report & { id: bigint }> {
      const row = onlyRow(
        await tx.query<ReportRow>(
          "INSERT INTO similarity_reports (assignment_id, requested_by, threshold) VALUES ($1, $2, $3) RETURNING *",
          [assignmentId, requestedBy, threshold],
        ),
      );
      return { ...toReport(row), id: row.id };
    },

    async list(assignmentId: bigint, request: PageRequest) {
      const page = readPage(request, { list: ["similarity-reports", String(assignmentId)] });
      const { rows } = await db.query<ReportRow>(
        "SELECT * FROM similarity_reports WHERE assignment_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        [assignmentId, page.after ?? "0", page.readLimit],
      );
      return page.of(rows, ({ id }) => id, toReport);
    },

    async find(
      id: bigint,
    ): Promise<{ readonly assignmentId: bigint; readonly threshold: number; readonly isPending: boolean }> {
      const { rows } = await db.query<ReportRow>("SELECT * FROM similarity_reports WHERE id = $1", [id]);
      if (!rows[0]) throw notFound("report");
      const { assignment_id, threshold, status } = rows[0];
      return { assignmentId: assignment_id, threshold, isPending: status === "PENDING" };
    },

    async complete(
      tx: Executor,
      id: bigint,
      { submissions, pairs, at }: { submissions: number; pairs: readonly SimilarPair[]; at: Date },
    ): Promise<void> {
      await tx.query(
        `UPDATE similarity_reports SET status = 'COMPLETED', submissions = $2, pairs = $3, completed_at = $4
         WHERE id = $1 AND status = 'PENDING'`,
        [id, submissions, JSON.stringify(pairs.map((pair) => toJson(SimilarPairSchema, toPair(pair)))), at],
      );
    },

    async fail(tx: Executor, id: bigint, error: { code: string; message: string }, at: Date): Promise<void> {
      await tx.query(
        `UPDATE similarity_reports SET status = 'FAILED', error = $2, completed_at = $3
         WHERE id = $1 AND status = 'PENDING'`,
        [id, JSON.stringify(error), at],
      );
    },
  };
}

function toPair({ a, b, similarity, spans }: SimilarPair): MessageShape<typeof SimilarPairSchema> {
  return create(SimilarPairSchema, {
    submissionA: a.id,
    submissionB: b.id,
    studentA: a.studentId,
    studentB: b.studentId,
    similarity,
    spans: spans.map((span) => ({ ...span })),
  });
}

function toReport(row: ReportRow): Report {
  return {
    id: row.id,
    assignmentId: row.assignment_id,
    status: ReportStatus[row.status],
    requestedBy: row.requested_by,
    submissions: row.submissions,
    pairs: row.pairs.map((pair) => fromJson(SimilarPairSchema, pair)),
    threshold: row.threshold,
    ...(row.error && { error: row.error }),
    createdAt: timestampFromDate(row.created_at),
    ...(row.completed_at && { completedAt: timestampFromDate(row.completed_at) }),
  };
}
