import { createGateway } from "@parley/gateway";
import { UserService } from "../../../../systems/orders/gen/users/v1/users_pb.ts";
import { createParleyChannel, createTelemetry } from "../../contract/parley-users.ts";
import { CALL_TIMEOUT_MS, type GatewayPeer } from "../peer.ts";
import { JWT_SECRET } from "../token.ts";

/** Parley's gateway with every feature on: validation, context, security headers, log, metrics, trace. */
export const peer: GatewayPeer = {
  async serve(backendPort, auth) {
    const telemetry = createTelemetry("api-gateway", "info");
    // One line for each request, as the others write it; its call to the backend has one only if it fails.
    const ofCalls = createTelemetry("api-gateway", "warn");
    const gateway = createGateway({
      name: "api-gateway",
      backends: [
        {
          name: "user-service",
          service: [UserService],
          channel: createParleyChannel(backendPort, ofCalls, { caller: "api-gateway" }),
        },
      ],
      timeoutMs: CALL_TIMEOUT_MS,
      metrics: telemetry.metrics,
      logger: telemetry.logger,
      ...(auth === "on" && { auth: { secret: JWT_SECRET } }),
    });
    const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
    return port;
  },
};
