import { execFile } from "node:child_process";
import { chownSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { blocksOf } from "../../docs/test/page.ts";
import { findServerPrograms, ownerOf, startOwnCluster } from "../../scripts/testing/own-cluster.ts";
import { startGradeloop } from "../../systems/gradeloop/test/support/gradeloop-system.ts";
import { logIn } from "../../systems/gradeloop/test/support/people.ts";
import { assign, published } from "../../systems/gradeloop/test/support/things.ts";

const PAGE = new URL("../../docs/operations.md", import.meta.url);
const LIMIT_MS = 240_000;
const patience = { timeout: 60_000, interval: 100 };
const binDir = findServerPrograms();

/** Runs the commands of a block of the page, as they stand there. */
async function runBlock(info: string, env: Readonly<Record<string, string>>): Promise<void> {
  const block = blocksOf(await readFile(PAGE, "utf8")).find((each) => each.info === `sh ${info}`);
  if (!block) throw new Error(`docs/operations.md has no block "sh ${info}"`);
  const PATH = [binDir, process.env.PATH].join(delimiter);
  // As the user that PostgreSQL runs as, which must own what it restores.
  await promisify(execFile)("sh", ["-ec", block.text], { env: { PATH, ...env }, ...ownerOf() });
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "parley-backup-"));
  const owner = ownerOf();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function environmentOf(serverUrl: string): Record<string, string> {
  const at = (database: string): string => serverUrl.replace(/\/postgres$/, `/${database}`);
  return {
    IAMDB_URL: at("iamdb"),
    ACADEMICSDB_URL: at("academicsdb"),
    ASSIGNMENTDB_URL: at("assignmentdb"),
    NOTIFYDB_URL: at("notifydb"),
    CIPASDB_URL: at("cipasdb"),
    EVENTS_URL: at("events"),
  };
}

async function query<Row extends pg.QueryResultRow>(url: string | undefined, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const MAILS =
  "SELECT subject, count(*)::integer AS count FROM notifications WHERE user_id = 'alan' GROUP BY subject ORDER BY subject";
const mailsOf = (titles: readonly string[]) =>
  titles.map((title) => ({ subject: `New assignment: ${title}`, count: 1 }));

test.skipIf(binDir === undefined)(
  "a server that is backed up under load is restored with every event handled once, and goes on",
  { timeout: LIMIT_MS },
  async () => {
    if (binDir === undefined) return;
    const cluster = await startOwnCluster(binDir);
    onTestFinished(() => cluster.remove());
    const env = environmentOf(cluster.url);
    const folder = await emptyFolder();
    const system = await startGradeloop({ env });
    const people = await logIn(system.addressOf("gateway"), ["ada", "alan"]);
    const course = await published(people, ["alan"]);
    const before = await assign(people, course, { title: "Before" });
    // The backup begins while events are on their way, at any place between outbox and mailbox.
    const during = [assign(people, course, { title: "During 1" }), assign(people, course, { title: "During 2" })];
    await runBlock("backup", { ADMIN_URL: cluster.url, BACKUP: join(folder, "data") });
    await Promise.all(during);
    await assign(people, course, { title: "After" });
    await system[Symbol.asyncDispose]();
    await cluster.kill();

    const restored = await startOwnCluster(binDir, { data: join(folder, "data") });
    onTestFinished(() => restored.remove());
    const restoredEnv = environmentOf(restored.url);
    await using again = await startGradeloop({ env: restoredEnv });
    const returned = await logIn(again.addressOf("gateway"), ["ada", "alan"]);
    const assignments = await returned.done<{ title: string }[]>("alan", 200, `GET /courses/${course.id}/assignments`);
    const titles = assignments.map(({ title }) => title);
    expect(titles).toContain(before.title);
    expect(titles).not.toContain("After");
    await assign(returned, course, { title: "Since then" });
    await vi.waitFor(async () => {
      const rows = await query<{ subject: string; count: number }>(restoredEnv.NOTIFYDB_URL, MAILS);
      const sent = rows.filter(({ subject }) => subject.startsWith("New assignment"));
      expect(sent).toEqual(mailsOf([...titles, "Since then"].toSorted()));
    }, patience);
    await again.settled();
  },
);

test.skipIf(binDir === undefined)(
  "one database moves to another server by a dump, and its service goes on there",
  { timeout: LIMIT_MS },
  async () => {
    if (binDir === undefined) return;
    const [from, to] = [await startOwnCluster(binDir), await startOwnCluster(binDir)];
    onTestFinished(async () => void (await Promise.all([from.remove(), to.remove()])));
    const env = environmentOf(from.url);
    const system = await startGradeloop({ env });
    const people = await logIn(system.addressOf("gateway"), ["ada"]);
    await system[Symbol.asyncDispose]();

    const moved = environmentOf(to.url).IAMDB_URL ?? "";
    await query(to.url, "CREATE DATABASE iamdb");
    const BACKUP = await emptyFolder();
    await runBlock("dump", { BACKUP, IAMDB_URL: env.IAMDB_URL ?? "" });
    await runBlock("restore", { BACKUP, RESTORED_IAMDB_URL: moved });
    await using again = await startGradeloop({ env: { ...env, IAMDB_URL: moved } });
    await logIn(again.addressOf("gateway"), ["ada", "alan"]);
    // A token from before holds too: the signing keys moved along.
    const { status } = await (await logIn(again.addressOf("gateway"), ["ada"])).as("ada")("GET /auth/me", {
      headers: { authorization: `Bearer ${people.tokens.get("ada")?.access_token}` },
    });
    expect(status).toBe(200);
  },
);
