import { isParleyError } from "@parley/core";
import { type Channel, checkHealth } from "@parley/rpc";
import type { BackendProbe } from "./health-check.ts";

/** Asks the backend's `grpc.health.v1` service; a server without one has answered all the same. */
export function createGrpcProbe(channel: Channel): BackendProbe {
  return async (signal) => {
    try {
      return await checkHealth(channel, "", { signal });
    } catch (error) {
      if (isParleyError(error) && error.code === "UNIMPLEMENTED") return "unknown";
      throw error;
    }
  };
}
