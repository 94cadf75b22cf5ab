/**
 * `npm run examples`: builds the programs in `examples/` with tools of their own languages, and runs them against gradeloop with
 * NATS. `NATS_URL` names a server to use; without it that of `npm run services` is used, and started if need be.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGradeloop } from "./examples/gradeloop.ts";
import { tryExamples } from "./examples/try-examples.ts";
import { selectServers } from "./services/registry.ts";
import { startServers } from "./services/start-servers.ts";
import { statusOf } from "./services/status.ts";
import { stopServer } from "./services/stop-server.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function withNats(work: (url: string) => Promise<void>): Promise<void> {
  const given = process.env.NATS_URL;
  if (given) return work(given);
  const servers = selectServers(["nats"]);
  const [before] = await Promise.all(servers.map(statusOf));
  await startServers(servers, { say });
  try {
    await work(before?.address ?? "");
  } finally {
    if (before?.state === "down") await Promise.all(servers.map(stopServer));
  }
}

const dir = mkdtempSync(join(tmpdir(), "examples-"));
const secret = randomBytes(32).toString("base64url");
try {
  await withNats(async (natsUrl) => {
    const gradeloop = await startGradeloop({ natsUrl, secret, dataDir: join(dir, "data") });
    say("gradeloop runs");
    try {
      await tryExamples({ gradeloop, secret, dir, say: (line) => say(`ok  ${line}`) });
    } finally {
      await gradeloop.stop();
    }
  });
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
