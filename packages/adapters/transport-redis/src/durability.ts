import { type Logger, ParleyError } from "@parley/core";
import type { Reply, Session } from "./link.ts";

/** Scripts that may run when memory is short, and the lag of groups, came with 7.0. */
const OLDEST_MAJOR = 7;

/**
 * Reads how the server keeps what it is given, and names what could lose it.
 * @returns whether an answered command is on disk.
 * @throws ParleyError FAILED_PRECONDITION if the server is too old, or a replica.
 */
export async function checkServer(session: Session, logger: Logger): Promise<{ readonly durable: boolean }> {
  const info = parseInfo(await session.send("INFO"));
  const version = info.get("redis_version") ?? "unknown";
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new ParleyError("FAILED_PRECONDITION", `Redis ${version} is too old: ${OLDEST_MAJOR}.0 or later is needed`);
  }
  if (info.get("cluster_enabled") === "1") {
    throw new ParleyError("FAILED_PRECONDITION", "Redis runs as a cluster: streams need one primary");
  }
  const settings = await readSettings(session);
  const appendOnly = info.get("aof_enabled") === "1";
  const fsync = settings.get("appendfsync");
  if (!appendOnly) {
    logger.warn({ appendonly: "no" }, "Redis keeps no append-only file: a crash loses events (set appendonly yes)");
  } else if (fsync === undefined) {
    logger.warn({}, "Redis does not tell its appendfsync: unless it is always, a crash may lose events");
  } else if (fsync !== "always") {
    logger.warn(
      { appendfsync: fsync },
      "Redis answers before it has written: a crash loses the last second or more (set appendfsync always)",
    );
  }
  const policy = info.get("maxmemory_policy") ?? settings.get("maxmemory-policy");
  if (policy !== undefined && policy !== "noeviction") {
    logger.warn(
      { maxmemoryPolicy: policy },
      "Redis may evict whole streams when memory is short (set maxmemory-policy noeviction)",
    );
  }
  return { durable: appendOnly && fsync === "always" };
}

/** A hosted server may forbid CONFIG; then these stay unknown. */
async function readSettings(session: Session): Promise<Map<string, string>> {
  try {
    const reply = (await session.send("CONFIG", "GET", "*")) as Reply[];
    const texts = reply.map(String);
    return new Map(texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] ?? ""] as const] : [])));
  } catch (error) {
    session.ended.throwIfAborted();
    if (error instanceof ParleyError) throw error;
    return new Map();
  }
}

function parseInfo(reply: Reply): Map<string, string> {
  const lines = String(reply).split("\r\n");
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}
