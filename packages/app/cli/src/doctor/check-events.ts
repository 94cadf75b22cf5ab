import { once } from "node:events";
import { connect } from "node:net";
import type { ResolvedConfig } from "@parley/runtime";
import { addressesOf, describeEventsPlace, transportsOf } from "@parley/runtime/internal";
import type { PartDefinition, SystemDefinition } from "parleyjs";
import { usesTransport } from "parleyjs/internal";
import { type Diagnosis, ok, problem, reasonOf } from "./diagnosis.ts";

const CONNECT_TIMEOUT_MS = 3_000;
/** Does anything listen where events go? Only the door is tried: to ask more would make something there. */
export async function checkEvents(
  system: SystemDefinition,
  parts: readonly PartDefinition[],
  { events }: ResolvedConfig,
): Promise<readonly Diagnosis[]> {
  const used = parts.some(usesTransport);
  if (events.kind === "embedded") return used ? [ok("events", "are kept in the embedded database")] : [];
  if (events.kind !== "broker" || !used) return [];
  const place = describeEventsPlace(events);
  const tries = await Promise.allSettled(serversOf(system, events).map(tryServer));
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

function serversOf(system: SystemDefinition, { url, transport }: { readonly url: string; readonly transport: string }) {
  const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
  const adapter = transportsOf(system).findLast(({ name }) => name === transport);
  const fallback = adapter?.schemes[scheme] ?? 0;
  return addressesOf(url).map((address): Server => {
    const authority = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/\/.*$/, "");
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
