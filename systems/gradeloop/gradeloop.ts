import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";
import { defineSystem } from "parleyjs";
import { AUDIENCE, ISSUER } from "./iam/access-token.ts";
import { DEVELOPMENT_PASSWORD } from "./seed/users.ts";
import { academicsService } from "./services/academics-service.ts";
import { assignmentService } from "./services/assignment-service.ts";
import { cipasService } from "./services/cipas-service.ts";
import { emailNotifyService } from "./services/email-notify-service.ts";
import { gateway } from "./services/gateway.ts";
import { iamService } from "./services/iam-service.ts";
import { IamService } from "./shared/protos/gen/ts/iam/v1/iam_pb.ts";
import { SETTING_VARIABLES, type Settings } from "./shared/settings.ts";

/** The whole of gradeloop. */
export function gradeloop(settings: Settings) {
  return defineSystem({
    name: "gradeloop",
    services: [
      iamService(settings),
      academicsService(settings),
      assignmentService(settings),
      emailNotifyService(settings),
      cipasService(),
    ],
    gateways: [gateway()],
    identity: {
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: { contract: IamService, method: IamService.method.getPublicKeys.localName },
    },
    policy: "policy.yaml",
    transports: [nats(), rabbitmq(), kafka(), redis()],
    variables: SETTING_VARIABLES,
    tryIt: [
      {
        method: "POST",
        path: "/api/v1/auth/login",
        body: { email: "ada@gradeloop.example", password: DEVELOPMENT_PASSWORD },
      },
      { path: "/health" },
    ],
  });
}
