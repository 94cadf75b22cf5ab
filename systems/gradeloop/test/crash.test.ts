import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { realPostgres } from "@parley/postgres/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { emailOf, logIn } from "./support/people.ts";
import { startSmtp } from "./support/smtp.ts";
import { assign, published } from "./support/things.ts";

const postgres = await realPostgres();
/** The program itself: `bin/parley.js` would start it as a child, which a kill does not reach. */
const PARLEY = fileURLToPath(import.meta.resolve("@parley/cli/package.json")).replace(/package\.json$/, "src/main.ts");
const SYSTEM = fileURLToPath(new URL("..", import.meta.url));
const ASSIGNMENTS = 24;

/** One more instance of email-notify-service, in a process that can be killed. */
async function startNotifier(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [
      "--conditions=@parley/source",
      PARLEY,
      "start",
      "email-notify-service",
      "--system",
      SYSTEM,
      "--json",
      "--port",
      "email-notify-service=0",
    ],
    {
      env: { ...process.env, NODE_ENV: "", HOST: "127.0.0.1", LOG_LEVEL: "info", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const ready = new Promise<void>((resolve) => {
    if (!child.stdout) throw new Error("the standard output of the command is piped");
    createInterface({ input: child.stdout }).on("line", (line) => line.includes('"ready"') && resolve());
  });
  await Promise.race([
    ready,
    once(child, "exit").then(([code]) => Promise.reject(new Error(`parley ended with ${code} before it was ready`))),
  ]);
  return child;
}

describe.skipIf(!postgres)("on a real PostgreSQL", () => {
  if (!postgres) return;
  const env = {
    IAMDB_URL: postgres.missingDatabase(),
    ACADEMICSDB_URL: postgres.missingDatabase(),
    ASSIGNMENTDB_URL: postgres.missingDatabase(),
    NOTIFYDB_URL: postgres.missingDatabase(),
    CIPASDB_URL: postgres.missingDatabase(),
    EVENTS_URL: postgres.missingDatabase(),
    SERVICE_TOKEN_SECRET: "a secret of this test that is long enough",
  };

  test("an instance that is killed loses no mail and doubles none", { timeout: 120_000 }, async () => {
    await using smtp = await startSmtp();
    await using system = await startGradeloop({ env, settings: { smtpUrl: smtp.url } });
    const notifier = await startNotifier({
      ...env,
      SMTP_URL: smtp.url,
      IAM_SERVICE_URL: system.addressOf("iam-service"),
      ACADEMICS_SERVICE_URL: system.addressOf("academics-service"),
    });
    const people = await logIn(system.addressOf("gateway"), ["ada", "alan", "katherine"]);
    const course = await published(people, ["alan", "katherine"]);
    for (let at = 1; at <= ASSIGNMENTS; at++) {
      await assign(people, course, { title: `Task ${at}` });
      if (at === ASSIGNMENTS / 2) notifier.kill("SIGKILL");
    }

    const titles = Array.from({ length: ASSIGNMENTS }, (_, at) => `New assignment: Task ${at + 1}`).sort();
    for (const person of ["alan", "katherine"] as const) {
      await vi.waitFor(
        async () => {
          const mails = await people.done<{ subject: string; status: string; event: string }[]>(
            person,
            200,
            "GET /notifications?page_size=100",
          );
          const sent = mails.filter(({ event, status }) => event === "assignments.created" && status === "SENT");
          expect(sent.map(({ subject }) => subject).sort()).toEqual(titles);
        },
        // What the killed instance held is free again when its lease is over: a minute.
        { timeout: 90_000, interval: 250 },
      );
      // A mail may be handed over twice, but then as one: by its id.
      const handedOver = smtp.mails.filter(
        ({ to, raw }) => to.includes(emailOf(person)) && raw.includes("New assignment"),
      );
      const ids = handedOver.map(({ raw }) => /^Message-ID: (.*)\r$/im.exec(raw)?.[1]);
      expect(new Set(ids).size).toBe(ASSIGNMENTS);
    }
  });
});
