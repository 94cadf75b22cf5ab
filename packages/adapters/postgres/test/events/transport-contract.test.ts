import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbedded } from "@parley/postgres";
import { postgres } from "@parley/postgres/adapter";
import { createPostgresTransport } from "@parley/postgres/transport";
import { describeEventTransport, describeTransportFaults } from "@parley/transport/testing";
import pg from "pg";
import { findServerPrograms, startOwnCluster } from "../../../../../scripts/testing/own-cluster.ts";
import { createSqlClient } from "../support/sql-client.ts";

describeEventTransport("embedded PGlite", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "parley-transport-"));
  const host = await createEmbedded({ dataDir });
  const plain = await host.database("events");
  return {
    adapter: postgres(),
    async connect(options) {
      const database = await host.database("events");
      const transport = await createPostgresTransport({ ...options, database });
      return { ...transport, close: (how) => transport.close(how).finally(() => database.close()) };
    },
    foreign: createSqlClient(async (sql, params) => (await plain.query(sql, params)).rows),
    async close() {
      await host.close();
      await rm(dataDir, { recursive: true });
    },
  };
});

const binDir = findServerPrograms();
describeEventTransport(
  "PostgreSQL",
  async () => {
    const cluster = await startOwnCluster(binDir ?? "");
    const pool = new pg.Pool({ connectionString: cluster.url });
    pool.on("error", () => {});
    return {
      adapter: postgres(),
      connect: (options) => postgres().connect({ ...options, url: cluster.url, clientName: "suite" }),
      foreign: createSqlClient(async (sql, params) => (await pool.query(sql, [...params])).rows),
      restartBroker: cluster.restart,
      async close() {
        await pool.end();
        await cluster.remove();
      },
    };
  },
  { isAvailable: binDir !== undefined },
);

describeTransportFaults(
  "PostgreSQL",
  {
    startBroker: () => startOwnCluster(binDir ?? ""),
    connect: (url, options) => postgres().connect({ ...options, url, clientName: "faults" }),
  },
  { isAvailable: binDir !== undefined },
);
