import { isParleyError } from "@parley/core";
import { type Channel, checkHealth } from "@parley/rpc";
import type { BackendProbe } from "../kernel/health/health-check.ts";

/**
 * Asks the backend's `grpc.health.v1` service; a server without one has answered all the same.
 * @param service What of it. Default the server as a whole.
 */
export function createGrpcProbe(channel: Channel, service = ""): BackendProbe {
  return async (signal) => {
    try {
      return await checkHealth(channel, service, { signal });
    } catch (error) {
      if (isParleyError(error) && error.code === "UNIMPLEMENTED") return "unknown";
      throw error;
    }
  };
}
