import { type Client, defineService, isParleyError, on, work } from "parleyjs";
import { compareAll, type Source } from "../cipas/compare.ts";
import { createReportStore } from "../cipas/report-store.ts";
import { CourseDeleted, CourseUpdated } from "../events.ts";
import { SimilarityReports } from "../queues.ts";
import { signedInUser } from "../shared/caller.ts";
import { assertTeaches, createCourseViews } from "../shared/course-views.ts";
import { AcademicsService } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import { AssignmentService } from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";
import { CipasService } from "../shared/protos/gen/ts/cipas/v1/cipas_pb.ts";

const DEFAULT_THRESHOLD = 0.3;
const MAX_PAIRS = 200;
/** What is compared at most: each with each other makes half a million pairs. */
const MAX_SUBMISSIONS = 1_000;
const PAGE_SIZE = 50;

export const cipasService = () =>
  defineService({
    name: "cipas-service",
    port: 8085,
    implements: CipasService,
    calls: { academics: AcademicsService, assignments: AssignmentService },
    database: { name: "cipasdb", migrations: new URL("../migrations/cipasdb", import.meta.url) },
    subscribes: [CourseUpdated, CourseDeleted],
    queues: [SimilarityReports],

    async setup({ db, clock, calls, jobs, onStop }) {
      const reports = createReportStore(db);
      const courses = await createCourseViews(calls.academics, { db, clock });
      onStop(() => courses.close());

      /** An assignment whose course the caller teaches. */
      const assertTaught = async (assignmentId: bigint): Promise<void> => {
        const { assignment } = await calls.assignments.getAssignment({ id: assignmentId });
        assertTeaches(await courses.get(assignment?.courseId ?? 0n));
      };

      return {
        methods: {
          async createSimilarityReport({ assignmentId, threshold = DEFAULT_THRESHOLD }) {
            await assertTaught(assignmentId);
            const report = await db.transaction(async (tx) => {
              const added = await reports.insert(tx, { assignmentId, requestedBy: signedInUser().id, threshold });
              await jobs.enqueue(tx, SimilarityReports, { reportId: added.id });
              return added;
            });
            return { report };
          },

          async listSimilarityReports({ assignmentId, ...page }) {
            await assertTaught(assignmentId);
            const { items, pagination } = await reports.list(assignmentId, page);
            return { reports: items, pagination };
          },
        },
        events: [
          on(CourseUpdated, ({ courseId }, { tx }) => courses.forget(tx, courseId)),
          on(CourseDeleted, ({ courseId }, { tx }) => courses.forget(tx, courseId)),
        ],
        jobs: [
          work(
            SimilarityReports,
            async ({ reportId }, { tx, signal }) => {
              const { assignmentId, threshold, isPending } = await reports.find(reportId);
              if (!isPending) return;
              const at = () => new Date(clock.now());
              try {
                const sources = await readSources(calls.assignments, assignmentId);
                const pairs = await compareAll(sources, { threshold, maxPairs: MAX_PAIRS, signal });
                await reports.complete(tx, reportId, { submissions: sources.length, pairs, at: at() });
              } catch (error) {
                if (!isParleyError(error) || error.code !== "NOT_FOUND") throw error;
                await reports.fail(tx, reportId, { code: error.code, message: error.message }, at());
              }
            },
            { concurrency: { min: 1, max: 2 } },
          ),
        ],
      };
    },
  });

async function readSources(
  assignments: Client<typeof AssignmentService>,
  assignmentId: bigint,
): Promise<readonly Source[]> {
  const sources: Source[] = [];
  let pageToken = "";
  do {
    const page = await assignments.listSubmissions({ assignmentId, pageSize: PAGE_SIZE, pageToken });
    sources.push(...page.submissions.map(({ id, studentId, content }) => ({ id, studentId, content })));
    pageToken = page.pagination?.nextPageToken ?? "";
  } while (pageToken !== "" && sources.length < MAX_SUBMISSIONS);
  return sources;
}
