import { once } from "node:events";
import { connect } from "node:net";
import type { ResolvedConfig } from "@parley/runtime";
import { addressesOf, describeEventsPlace, partsShowEvents, type TransportName } from "@parley/runtime/internal";
import type { PartDefinition } from "parleyjs";
import { type Diagnosis, ok, problem, reasonOf } from "./diagnosis.ts";

const CONNECT_TIMEOUT_MS = 3_000;
const DEFAULT_PORTS = {
  postgres: 5432,
  nats: 4222,
  rabbitmq: 5672,
  redis: 6379,
  kafka: 9092,
} as const satisfies Record<TransportName, number>;
const AMQPS_PORT = 5671;

/** Does anything listen where events go? Only the door is tried: to ask more would make something there. */
export async function checkEvents(
  parts: readonly PartDefinition[],
  { events }: ResolvedConfig,
): Promise<readonly Diagnosis[]> {
  const used = partsShowEvents(parts);
  if (events.kind === "embedded") return used ? [ok("events", "are kept in the embedded database")] : [];
  if (events.kind !== "broker" || (events.transport === "postgres" && !used)) return [];
  const place = describeEventsPlace(events);
  const tries = await Promise.allSettled(serversOf(events).map(tryServer));
  if (tries.some(({ status }) => status === "fulfilled"))
    return [ok("events", `${place} (${events.transport}) answers`)];
  const reasons = tries.flatMap((attempt) => (attempt.status === "rejected" ? [reasonOf(attempt.reason)] : []));
  const remedy = `Start the broker (npm run services up ${events.transport}), or correct EVENTS_URL.`;
  return [problem("events", `${place} (${events.transport}) does not answer: ${reasons.join("; ")}`, remedy)];
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function serversOf({ url, transport }: { readonly url: string; readonly transport: TransportName }): readonly Server[] {
  const fallback = url.startsWith("amqps:") ? AMQPS_PORT : DEFAULT_PORTS[transport];
  return addressesOf(url).map((address) => {
    const authority = address.replace(/^\w+:\/\//, "").replace(/\/.*$/, "");
    const [, host = "localhost", port] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? [];
    return {
      host: host.replace(/^\[(.*)\]$/, "$1") || "localhost",
      port: port === undefined ? fallback : Number(port),
    };
  });
}

async function tryServer({ host, port }: Server): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
  } finally {
    socket.destroy();
  }
}
