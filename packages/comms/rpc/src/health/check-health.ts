import { isParleyError } from "@parley/core";
import type { Channel } from "../channel/channel.ts";
import type { CallOptions } from "../client/client.ts";
import { createClient } from "../client/create-client.ts";
import { Health, HealthCheckResponse_ServingStatus as Wire } from "../gen/grpc/health/v1/health_pb.ts";
import type { HealthStatus } from "./health-service.ts";

/**
 * Asks a server for its health, or for that of one of its services. A service that the server does not know is
 * `"unknown"`; a server that cannot be asked rejects. No circuit breaker stands in the way of the question.
 *
 * @param service Full name of a service. Default the server as a whole.
 */
export async function checkHealth(channel: Channel, service = "", options?: CallOptions): Promise<HealthStatus> {
  try {
    const { status } = await createClient(Health, channel).check({ service }, options);
    if (status === Wire.SERVING) return "serving";
    return status === Wire.NOT_SERVING ? "not_serving" : "unknown";
  } catch (error) {
    if (isParleyError(error) && error.code === "NOT_FOUND") return "unknown";
    throw error;
  }
}
