import { ParleyError } from "@parley/core";
import type { Admin } from "@platformatic/kafka";

/** What is spoken here: of each request the versions that the client (or this package itself) can write. */
const SPOKEN: readonly { readonly name: string; readonly key: number; readonly min: number; readonly max: number }[] = [
  { name: "Produce", key: 0, min: 3, max: 11 },
  { name: "Fetch", key: 1, min: 4, max: 17 },
  { name: "ListOffsets", key: 2, min: 1, max: 9 },
  { name: "Metadata", key: 3, min: 4, max: 12 },
  { name: "OffsetCommit", key: 8, min: 8, max: 8 },
  { name: "OffsetFetch", key: 9, min: 1, max: 9 },
  { name: "JoinGroup", key: 11, min: 2, max: 9 },
  { name: "Heartbeat", key: 12, min: 1, max: 4 },
];

/**
 * Newer brokers forget old versions of requests, and older ones lack new versions: said at start by name, instead of by a
 * request that fails later.
 * @throws ParleyError FAILED_PRECONDITION
 * @see https://cwiki.apache.org/confluence/x/K5sODg KIP-896
 */
export async function checkApiVersions(admin: Admin): Promise<void> {
  const offered = new Map((await admin.listApis()).map((api) => [api.apiKey, api]));
  const missing = SPOKEN.filter(({ key, min, max }) => {
    const api = offered.get(key);
    return !api || api.maxVersion < min || api.minVersion > max;
  });
  if (missing.length === 0) return;
  const list = missing.map(({ name, key, min, max }) => {
    const api = offered.get(key);
    return `${name} ${min} to ${max} (offered: ${api ? `${api.minVersion} to ${api.maxVersion}` : "none"})`;
  });
  throw new ParleyError(
    "FAILED_PRECONDITION",
    `this broker does not speak ${list.join(", ")}: use Apache Kafka 2.4 or later, or what is compatible with it`,
  );
}
