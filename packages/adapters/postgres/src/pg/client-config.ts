import type { ClientConfig } from "pg";
import { parserOf } from "../values/parse-value.ts";
import type { Preparing } from "./send.ts";

export interface ClientSettings {
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** The server's own limit for a statement: a net under ours, for when this process is gone. */
  readonly statementTimeoutMs?: number;
}

/** How every connection of ours is opened. */
export function clientConfig({ url, connectTimeoutMs, statementTimeoutMs }: ClientSettings): ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    fallback_application_name: "parley",
    types: { getTypeParser: parserOf as never },
    ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
  };
}

/** `host:port/database` of a URL, for logs and errors: no user, no password. */
export function locationOf(url: string): string {
  const { hostname, port, pathname, searchParams } = parseDatabaseUrl(url);
  const host = hostname || searchParams.get("host") || "localhost";
  return `${host}:${port || "5432"}${pathname}`;
}

/** `pgbouncer=true` in the URL says that statements of one session may come to different connections of the server. */
export function preparingOf(url: string): Preparing {
  return parseDatabaseUrl(url).searchParams.get("pgbouncer") === "true" ? "off" : "on";
}

/** @throws TypeError if the URL is none of PostgreSQL's. The text is not repeated: it may hold a password. */
export function parseDatabaseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^postgres(ql)?:$/.test(parsed.protocol) && parsed.pathname.length > 1) return parsed;
  throw new TypeError("the database's url must look like postgres://user:password@host:5432/database");
}
