import { defineQueue } from "parleyjs";
import { GradeReportJobSchema } from "./shared/protos/gen/ts/assignments/v1/assignments_pb.ts";
import { SimilarityJobSchema } from "./shared/protos/gen/ts/cipas/v1/cipas_pb.ts";
import { EmailJobSchema, NoticeJobSchema } from "./shared/protos/gen/ts/notifications/v1/notifications_pb.ts";

export const GradeReports = defineQueue({ name: "grade-reports", schema: GradeReportJobSchema });
export const SimilarityReports = defineQueue({ name: "similarity-reports", schema: SimilarityJobSchema });
export const Notices = defineQueue({ name: "notices", schema: NoticeJobSchema });
export const Emails = defineQueue({ name: "emails", schema: EmailJobSchema });
