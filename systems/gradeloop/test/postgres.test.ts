import { realPostgres } from "@parley/postgres/testing";
import { describe, expect, test, vi } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { logIn } from "./support/people.ts";
import { assign, handIn, published } from "./support/things.ts";

const postgres = await realPostgres();

describe.skipIf(!postgres)("on a real PostgreSQL", () => {
  if (!postgres) return;
  const env = {
    IAMDB_URL: postgres.missingDatabase(),
    ACADEMICSDB_URL: postgres.missingDatabase(),
    ASSIGNMENTDB_URL: postgres.missingDatabase(),
    NOTIFYDB_URL: postgres.missingDatabase(),
    CIPASDB_URL: postgres.missingDatabase(),
    EVENTS_URL: postgres.missingDatabase(),
  };

  test("races have one winner, students are told once, and a restart finds everything again", async () => {
    const first = await startGradeloop({ env });
    const people = await logIn(first.addressOf("gateway"), ["ada", "alan", "katherine"]);
    const course = await published(people, ["katherine"]);
    const enrolled = await Promise.all(
      Array.from({ length: 16 }, () => people.as("alan")(`POST /courses/${course.id}/enrollments`, { body: {} })),
    );
    expect(enrolled.map(({ status }) => status).sort()).toEqual([201, ...Array(15).fill(409)]);

    const assignment = await assign(people, course, { title: "On a server" });
    const handedIn = await Promise.all(
      Array.from({ length: 16 }, () =>
        people.as("alan")(`POST /assignments/${assignment.id}/submissions`, { body: { content: "x" } }),
      ),
    );
    expect(handedIn.map(({ status }) => status).sort()).toEqual([201, ...Array(15).fill(409)]);
    await handIn(people, "katherine", assignment);

    // What other readers of the database see.
    await vi.waitFor(
      async () => {
        const { rows } = await postgres.query(
          "SELECT user_id, status FROM notifications WHERE event = 'assignments.created' ORDER BY user_id",
          { url: env.NOTIFYDB_URL },
        );
        expect(rows).toEqual([
          { user_id: "alan", status: "SENT" },
          { user_id: "katherine", status: "SENT" },
        ]);
      },
      { timeout: 20_000, interval: 100 },
    );
    await first[Symbol.asyncDispose]();

    await using again = await startGradeloop({ env });
    const returned = await logIn(again.addressOf("gateway"), ["ada", "alan"]);
    expect(await returned.done("alan", 200, `GET /assignments/${assignment.id}`)).toEqual(assignment);
    // A token from before holds too: the keys are in the database.
    const { status } = await returned.as("ada")("GET /auth/me", {
      headers: { authorization: `Bearer ${people.tokens.get("ada")?.access_token}` },
    });
    expect(status).toBe(200);
  });
});
