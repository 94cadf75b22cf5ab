import { once } from "node:events";
import { createServer } from "node:net";
import { createManualClock, isParleyError } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { createDatabaseIfMissing, openDatabase } from "@parley/postgres";
import { createTcpProxy, type TcpProxy } from "@parley/transport/testing";
import { describe, expect, it } from "vitest";
import { realPostgres } from "../src/testing/real-postgres.ts";
import { failure, freshName } from "../src/testing/with-database.ts";

const server = await realPostgres();
const url = server?.newDatabase() ?? "";

/** Ends every session in the test's database, as a restart of the server does. */
const terminateAll = async (): Promise<unknown> =>
  server?.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {
    params: [new URL(url).pathname.slice(1)],
  });

async function throughProxy(): Promise<{ proxy: TcpProxy; url: string }> {
  const { hostname, port } = new URL(url);
  const proxy = await createTcpProxy({ host: hostname, port: Number(port || 5432) });
  const proxied = new URL(url);
  proxied.port = String(proxy.port);
  return { proxy, url: proxied.href };
}

describe.runIf(url)("a server that fails", () => {
  it("that ends idle, working and listening sessions ends no process, leaves nothing waiting, and is found again", async () => {
    const database = await openDatabase({ url, maxConnections: 4, random: createSeededRandom(1) });
    const channel = freshName();
    let rearmed = 0;
    let { promise: rearm, resolve: isRearmed } = Promise.withResolvers<void>();
    await database.listen(channel, (payload) => {
      if (payload !== undefined) return;
      rearmed += 1;
      isRearmed();
    });
    const outcomes: PromiseSettledResult<unknown>[] = [];
    for (let round = 0; round < 5; round += 1) {
      ({ promise: rearm, resolve: isRearmed } = Promise.withResolvers<void>());
      const work = Array.from({ length: 8 }, (_, index) =>
        index % 2 === 0
          ? database.query("SELECT pg_sleep(0.2)")
          : database.transaction(async (tx) => {
              await tx.query("SELECT pg_sleep(0.1)");
              await tx.query("SELECT pg_sleep(0.1)");
            }),
      );
      const settled = Promise.allSettled(work);
      await terminateAll();
      outcomes.push(...(await settled));
      await rearm;
    }
    const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons.map((reason) => (isParleyError(reason) ? reason.code : reason)))).toEqual(
      new Set(["UNAVAILABLE"]),
    );
    expect(rearmed).toBe(5);
    const heard = new Promise((resolve) => void database.listen(channel, resolve));
    const { rows } = await database.query("SELECT 1 AS n");
    expect(rows).toEqual([{ n: 1 }]);
    await database.query("SELECT pg_notify($1, 'back')", [channel]);
    expect(await heard).toBe("back");
    await database.close();
  });

  it("that dies under a commit leaves its outcome open, and says so", async () => {
    const { proxy, url: proxied } = await throughProxy();
    const database = await openDatabase({ url: proxied });
    proxy.cutOn("COMMIT");
    const error = await failure(
      database.transaction((tx) => tx.query("SELECT 1")),
      "UNAVAILABLE",
    );
    expect(error.message).toMatch(/may or may not have happened/);
    expect(error.detail("error_info")?.reason).toBe("COMMIT_UNKNOWN");
    await database.close();
    await proxy.close();
  });

  it("that falls silent is cut off soon after the statement's limit", async () => {
    const { proxy, url: proxied } = await throughProxy();
    const database = await openDatabase({ url: proxied, queryTimeoutMs: 1_000, maxConnections: 1 });
    proxy.freeze("all");
    await failure(database.query("SELECT 1"), "DEADLINE_EXCEEDED");
    await failure(database.query("SELECT 1"), "DEADLINE_EXCEEDED"); // a new connection is tried, in vain
    await database.close();
    await proxy.close();
  });

  it("that falls silent while somebody listens is noticed by the heartbeat, and listening is taken up again", async () => {
    const { proxy, url: proxied } = await throughProxy();
    const clock = createManualClock(Date.now());
    const database = await openDatabase({ url: proxied, clock });
    const channel = freshName();
    const heard: (string | undefined)[] = [];
    await database.listen(channel, (payload) => heard.push(payload));
    proxy.freeze("open");
    await expect
      .poll(() => {
        clock.advance(5_000);
        return heard;
      })
      .toEqual([undefined]);
    await server?.query("SELECT pg_notify($1, 'again')", { params: [channel], url });
    await expect.poll(() => heard).toEqual([undefined, "again"]);
    await database.close();
    await proxy.close();
  });
});

describe.runIf(url)("closing", () => {
  it("cuts off what still runs after its limit", async () => {
    const database = await openDatabase({ url, closeTimeoutMs: 50 });
    const running = failure(database.query("SELECT pg_sleep(30)"), "UNAVAILABLE");
    await database.close();
    await running;
  });

  it("does not wait for a server that has fallen silent", async () => {
    const { proxy, url: proxied } = await throughProxy();
    const database = await openDatabase({ url: proxied, closeTimeoutMs: 300_000 });
    await database.listen(freshName(), () => {});
    proxy.freeze("all");
    await database.close();
    await failure(
      database.listen(freshName(), () => {}),
      "UNAVAILABLE",
    );
    await proxy.close();
  });

  it("leaves no session on the server and nothing that keeps the process alive", async () => {
    const database = await openDatabase({ url: `${url}?application_name=parley-close-test` });
    await database.listen(freshName(), () => {});
    await Promise.all([1, 2, 3].map(() => database.query("SELECT 1")));
    await database.close();
    const left = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'parley-close-test'";
    await expect.poll(async () => (await server?.query(left))?.rowCount).toBe(0);
  });
});

describe("opening", () => {
  it("says where nobody answers, and never the password", async () => {
    const open = openDatabase({ url: "postgres://me:hunter2@127.0.0.1:1/app" });
    const error = await failure(open, "UNAVAILABLE");
    expect(error.message).toBe("cannot use PostgreSQL at 127.0.0.1:1/app: ECONNREFUSED");
  });

  it("gives up on a server that accepts and says nothing", async () => {
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    await failure(openDatabase({ url: `postgres://127.0.0.1:${port}/app`, connectTimeoutMs: 50 }), "UNAVAILABLE");
    silent.close();
  });

  it("refuses options and addresses that cannot be, all at once and without repeating them", async () => {
    const options = { dataDir: "memory:", schema: "a", maxConnections: 0, queryTimeoutMs: -1 };
    await expect(openDatabase(options)).rejects.toThrow(
      /maxConnections must be .* got 0; queryTimeoutMs must be .* got -1/,
    );
    for (const wrong of ["mysql://a:hunter2@b/c", "postgres://hunter2@b", "hunter2"]) {
      const error: unknown = await openDatabase({ url: wrong }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).not.toContain("hunter2");
    }
  });

  it.runIf(url)("says what is wrong with the user or the database", async () => {
    const wrongPassword = new URL(url);
    wrongPassword.password = "hunter2";
    const refused = await failure(openDatabase({ url: wrongPassword.href }), "FAILED_PRECONDITION");
    expect(refused.message).toMatch(/: the password is wrong$/);
    const missing = new URL(url);
    missing.pathname = `/${freshName()}`;
    const none = await failure(openDatabase({ url: missing.href }), "FAILED_PRECONDITION");
    expect(none.message).toMatch(/there is no such database; create it first$/);
  });

  it.runIf(url)("warns of each setting that can lose what was committed", async () => {
    const name = freshName();
    const own = new URL(url);
    own.pathname = `/${name}`;
    await createDatabaseIfMissing(own.href);
    await server?.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    const warnings: string[] = [];
    const warn = (_: object, message = ""): void => void warnings.push(message);
    const logger = { debug() {}, info() {}, warn, error() {} };
    await (await openDatabase({ url: own.href, logger })).close();
    expect(warnings).toEqual([
      "PostgreSQL runs with synchronous_commit = off: a crash of the server loses transactions that were already confirmed",
    ]);
    await server?.query(`DROP DATABASE ${name} WITH (FORCE)`);
  });
});

describe.runIf(url)("making a database that is missing", () => {
  it("is done once, however many ask at the same time", async () => {
    const own = new URL(url);
    const name = `${freshName()} odd "name"`;
    own.pathname = `/${encodeURIComponent(name)}`;
    const results = await Promise.all([1, 2, 3, 4].map(() => createDatabaseIfMissing(own.href)));
    expect(results.filter((result) => result === "created")).toHaveLength(1);
    expect(await createDatabaseIfMissing(own.href)).toBe("present");
    await server?.query(`DROP DATABASE "${name.replaceAll('"', '""')}"`);
  });
});
