import { afterAll, expect, test, vi } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { emailOf, logIn } from "./support/people.ts";
import { startSmtp } from "./support/smtp.ts";
import { assign, assignmentText, handIn, published } from "./support/things.ts";

const smtp = await startSmtp();
const system = await startGradeloop({ settings: { smtpUrl: smtp.url } });
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});
const people = await logIn(system.addressOf("gateway"));
const { done, as } = people;

/** Enough for a loaded machine; what is awaited mostly takes some ten milliseconds. */
const patience = { timeout: 20_000, interval: 50 };

interface Notification {
  readonly event: string;
  readonly to: string;
  readonly subject: string;
  readonly status: string;
}
const mailbox = async (person: "alan" | "katherine" | "linus") =>
  done<Notification[]>(person, 200, "GET /notifications?page_size=100");

test("each student of a course is told once of a new assignment, and nobody else", async () => {
  const course = await published(people, ["alan", "katherine"]);
  const title = `Lambda ${course.id}`;
  const assignment = await assign(people, course, { title });
  const told = (list: readonly Notification[]) => list.filter(({ subject }) => subject === `New assignment: ${title}`);
  for (const person of ["alan", "katherine"] as const) {
    await vi.waitFor(async () => {
      expect(told(await mailbox(person))).toMatchObject([
        { event: "assignments.created", to: emailOf(person), status: "SENT" },
      ]);
    }, patience);
  }
  expect(told(await mailbox("linus"))).toEqual([]);
  const sent = smtp.mails.filter(({ raw }) => raw.includes(title)).flatMap(({ to }) => to);
  expect(sent.sort()).toEqual([emailOf("alan"), emailOf("katherine")]);

  await done("ada", 200, `PUT /assignments/${assignment.id}`, assignmentText({ title: `${title} again` }));
  await vi.waitFor(async () => {
    const subjects = (await mailbox("alan")).map(({ subject }) => subject);
    expect(subjects).toContain(`Assignment changed: ${title} again`);
  }, patience);
});

test("a grade is told to its student", async () => {
  const assignment = await assign(people, await published(people, ["alan", "katherine"]), { title: "Combinators" });
  const { id } = await handIn(people, "alan", assignment);
  await done("ada", 200, `POST /submissions/${id}/grade`, { points: 9 });
  await vi.waitFor(async () => {
    const graded = (await mailbox("alan")).filter(({ subject }) => subject === "Graded: Combinators");
    expect(graded).toMatchObject([{ status: "SENT", event: "submissions.graded" }]);
  }, patience);
  expect((await mailbox("katherine")).filter(({ subject }) => subject === "Graded: Combinators")).toEqual([]);
});

test("a mail server that is busy for a while loses nothing", async () => {
  smtp.answer = "later";
  const course = await published(people);
  await done("linus", 201, `POST /courses/${course.id}/enrollments`, {});
  const welcome = async () => (await mailbox("linus")).filter(({ event }) => event === "users.enrolled").at(-1);
  await vi.waitFor(() => expect(smtp.refused).toBeGreaterThan(0), patience);
  expect(await welcome()).toMatchObject({ status: "QUEUED" });
  smtp.answer = "take";
  await vi.waitFor(async () => expect(await welcome()).toMatchObject({ status: "SENT" }), patience);
});

test("the assignments of a course go with it", async () => {
  const course = await published(people, ["alan"]);
  const assignment = await assign(people, course);
  await done("alan", 200, `GET /assignments/${assignment.id}`);
  expect(await as("ada")(`DELETE /courses/${course.id}`)).toMatchObject({ status: 204 });
  await vi.waitFor(async () => {
    expect(await as("grace")(`GET /assignments/${assignment.id}`)).toMatchObject({ status: 404 });
  }, patience);
});

test("a course that changes hands is the new instructor's, whatever was remembered", async () => {
  const course = await published(people, ["alan"]);
  const assignment = await assign(people, course);
  expect(await as("edsger")(`GET /assignments/${assignment.id}`)).toMatchObject({ status: 403 });
  const { title, code, semester_id } = course;
  await done("grace", 200, `PUT /courses/${course.id}`, { title, code, semester_id, instructor_id: "edsger" });
  await done("edsger", 200, `GET /assignments/${assignment.id}`);
  await vi.waitFor(async () => {
    expect(await as("ada")(`GET /assignments/${assignment.id}`)).toMatchObject({ status: 403 });
  }, patience);
});

test("a similarity report finds the copy", async () => {
  const report = await done<{ id: number }>("ada", 201, "POST /assignments/1/similarity-reports", {});
  expect(report).toMatchObject({ status: "PENDING", threshold: 0.3, requested_by: "ada" });
  await vi.waitFor(async () => {
    const reports = await done<{ id: number }[]>("ada", 200, "GET /assignments/1/similarity-reports");
    expect(reports.find(({ id }) => id === report.id)).toMatchObject({
      status: "COMPLETED",
      submissions: 2,
      pairs: [
        { student_a: "alan", student_b: "katherine", similarity: 1, spans: [{ a_first_line: 1, b_first_line: 2 }] },
      ],
    });
  }, patience);
});

test("a grade report has the figures of each assignment", async () => {
  const course = await published(people, ["alan", "katherine"]);
  const assignment = await assign(people, course);
  for (const [person, points] of [
    ["alan", 4],
    ["katherine", 9],
  ] as const) {
    const { id } = await handIn(people, person, assignment);
    await done("ada", 200, `POST /submissions/${id}/grade`, { points });
  }
  await done("ada", 201, `POST /courses/${course.id}/grade-reports`, {});
  await vi.waitFor(async () => {
    expect(await done("ada", 200, `GET /courses/${course.id}/grade-reports`)).toMatchObject([
      {
        status: "COMPLETED",
        assignments: [{ assignment_id: assignment.id, submitted: 2, graded: 2, lowest: 4, mean: 6.5, highest: 9 }],
      },
    ]);
  }, patience);
});
