import { defineGateway } from "parleyjs";
import { AcademicsService } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import { AssignmentService } from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";
import { CipasService } from "../shared/protos/gen/ts/cipas/v1/cipas_pb.ts";
import { IamService } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";
import { NotificationService } from "../shared/protos/gen/ts/notifications/v1/notifications_pb.ts";
import { WebhookService } from "../shared/protos/gen/ts/webhooks/v1/webhooks_pb.ts";
import { liveEvents } from "./live-events.ts";

export const gateway = () =>
  defineGateway({
    name: "gateway",
    port: 8080,
    basePath: "/api/v1",
    routes: [IamService, AcademicsService, AssignmentService, CipasService, NotificationService, WebhookService],
    // Courses and grades go on while mail or similarity reports are down.
    optionalRoutes: [NotificationService, CipasService],
    json: { fieldNames: "proto", int64: "number", enumNames: "short", envelope: "data", errors: "detailed" },
    realtime: liveEvents(),
    cors: { origins: "*" },
    openapi: { title: "gradeloop", version: "1.0.0" },
  });
