import { defineGateway } from "parley";
import { AcademicsService } from "../gen/academics/v1/academics_pb.ts";
import { AssignmentService } from "../gen/assignments/v1/assignments_pb.ts";
import { CipasService } from "../gen/cipas/v1/cipas_pb.ts";
import { IamService } from "../gen/iam/v1/iam_pb.ts";
import { NotificationService } from "../gen/notifications/v1/notifications_pb.ts";
import { WebhookService } from "../gen/webhooks/v1/webhooks_pb.ts";
import { liveEvents } from "./live-events.ts";

export const gateway = () =>
  defineGateway({
    name: "gateway",
    port: 8080,
    basePath: "/api/v1",
    routes: [IamService, AcademicsService, AssignmentService, CipasService, NotificationService, WebhookService],
    json: { fieldNames: "proto", int64: "number", enumNames: "short", envelope: "data", errors: "detailed" },
    // The description of the API is no secret, and people open it in a browser; what it describes asks for a token.
    publicPaths: ["/docs/*"],
    realtime: liveEvents(),
    cors: { origins: "*" },
    openapi: { title: "gradeloop", version: "1.0.0" },
  });
