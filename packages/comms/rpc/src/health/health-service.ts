import { create } from "@bufbuild/protobuf";
import { type CallContext, notFound, ParleyError } from "@parley/core";
import {
  Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Wire,
} from "../gen/grpc/health/v1/health_pb.ts";
import { implement } from "../server/implement.ts";
import type { ServiceRegistration } from "../server/service-implementation.ts";
import { createChangeSignal } from "./change-signal.ts";

/** What is known of a service's health. */
export type HealthStatus = "serving" | "not_serving" | "unknown";

/** Tells the health of a server and its services over `grpc.health.v1`. */
export interface HealthService {
  /** The name `""` stands for the server as a whole; it serves from the start. Ignored after {@link HealthService.shutdown}. */
  set(service: string, status: HealthStatus): void;
  /** To be given to the server. */
  readonly registration: ServiceRegistration;
  /** From now on nothing serves. Watchers are told, and their streams end, so that they hold up no drain. */
  shutdown(): void;
}

/** Streams that may watch at once; each costs a little memory and nothing more. */
const MAX_WATCHERS = 1_000;

const WIRE_STATUS: Readonly<Record<HealthStatus, Wire>> = {
  serving: Wire.SERVING,
  not_serving: Wire.NOT_SERVING,
  unknown: Wire.UNKNOWN,
};

export function createHealthService(): HealthService {
  const statuses = new Map<string, HealthStatus>([["", "serving"]]);
  let open = true;
  let watchers = 0;
  const changes = createChangeSignal();

  const wireStatusOf = (service: string): Wire => {
    const status = statuses.get(service);
    if (!status) return Wire.SERVICE_UNKNOWN;
    return open ? WIRE_STATUS[status] : Wire.NOT_SERVING;
  };
  const response = (service: string) => create(HealthCheckResponseSchema, { status: wireStatusOf(service) });

  /** A watcher that is slow misses statuses between two reads, never the last: so nothing is stored for it. */
  async function* watch(service: string, context: CallContext): AsyncGenerator<{ status: Wire }> {
    if (watchers >= MAX_WATCHERS) {
      throw new ParleyError("RESOURCE_EXHAUSTED", `${MAX_WATCHERS} callers watch this server's health already`);
    }
    watchers += 1;
    try {
      for (let told: Wire | undefined; ; ) {
        const status = wireStatusOf(service);
        if (status !== told) {
          told = status;
          yield { status }; // while the reader takes its time, the status may change again
        } else if (!open) {
          throw new ParleyError("UNAVAILABLE", "the server is shutting down");
        } else {
          await changes.next(context.signal);
        }
      }
    } finally {
      watchers -= 1;
    }
  }

  return {
    set(service, status) {
      if (!open || statuses.get(service) === status) return;
      statuses.set(service, status);
      changes.announce();
    },
    registration: implement(Health, {
      check({ service }) {
        if (!statuses.has(service)) throw notFound(`service ${JSON.stringify(service)}`);
        return response(service);
      },
      list: () => ({
        statuses: Object.fromEntries([...statuses.keys()].map((service) => [service, response(service)])),
      }),
      watch: ({ service }, context) => watch(service, context),
    }),
    shutdown() {
      open = false;
      changes.announce();
    },
  };
}
