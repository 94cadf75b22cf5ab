import { afterAll, describe, expect, test, vi } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { type LiveClient, listenSse, listenWs } from "./support/live.ts";
import { logIn, type Person } from "./support/people.ts";
import { assign, assignmentText, draft, handIn, published } from "./support/things.ts";

const system = await startGradeloop();
afterAll(() => system[Symbol.asyncDispose]());
const gateway = system.addressOf("gateway");
const people = await logIn(gateway);
const { done } = people;
const tokenOf = (person: Person): string => people.tokens.get(person)?.access_token ?? "";

/** Enough for a loaded machine; what is awaited mostly takes some ten milliseconds. */
const patience = { timeout: 20_000, interval: 50 };
const namesOf = ({ events }: LiveClient): string[] => events.map(({ event }) => event);

describe.each([
  ["server-sent events", listenSse],
  ["a WebSocket", listenWs],
])("over %s", (_, listen) => {
  test("students hear of their courses, the others of nothing", async () => {
    const course = await published(people, ["alan"]);
    const resources = [`courses/${course.id}`];
    await using alan = await listen(gateway, { token: tokenOf("alan"), resources });
    await using linus = await listen(gateway, { token: tokenOf("linus"), resources });
    await using ada = await listen(gateway, { token: tokenOf("ada"), resources });
    await using grace = await listen(gateway, { token: tokenOf("grace"), resources });
    const assignment = await assign(people, course, { title: "Live" });
    for (const client of [alan, ada, grace]) {
      await vi.waitFor(() => expect(namesOf(client)).toContain("assignments.created"), patience);
    }
    expect(alan.events.at(-1)).toMatchObject({
      event: "assignments.created",
      data: { assignment_id: assignment.id, course_id: course.id, title: "Live", due_date: expect.any(String) },
    });
    // Who enrols hears from then on: what came before stays unseen, what comes after does not.
    await done("linus", 201, `POST /courses/${course.id}/enrollments`, {});
    await assign(people, course, { title: "Second" });
    await vi.waitFor(() => expect(namesOf(linus)).toContain("assignments.created"), patience);
    expect(namesOf(linus)).toEqual(["users.enrolled", "assignments.created"]);
  });

  test("a grade is the student's and the instructor's alone", async () => {
    const course = await published(people, ["alan", "katherine"]);
    const events = ["submissions.graded", "assignments.deleted"];
    await using alan = await listen(gateway, { token: tokenOf("alan"), events });
    await using katherine = await listen(gateway, { token: tokenOf("katherine"), events });
    await using ada = await listen(gateway, { token: tokenOf("ada"), events });
    const assignment = await assign(people, course);
    const { id } = await handIn(people, "alan", assignment);
    await done("ada", 200, `POST /submissions/${id}/grade`, { points: 8 });
    await vi.waitFor(() => expect(namesOf(alan)).toContain("submissions.graded"), patience);
    await vi.waitFor(() => expect(namesOf(ada)).toContain("submissions.graded"), patience);
    // What comes after in the same course tells that the grade was not just late.
    expect(await people.as("ada")(`DELETE /assignments/${assignment.id}`)).toMatchObject({ status: 204 });
    await vi.waitFor(() => expect(namesOf(katherine)).toContain("assignments.deleted"), patience);
    expect(namesOf(katherine)).toEqual(["assignments.deleted"]);
  });

  test("everybody hears of a course that opens", async () => {
    await using linus = await listen(gateway, { token: tokenOf("linus"), events: ["courses.published"] });
    const { id } = await draft(people);
    await done("ada", 200, `POST /courses/${id}/publish`, {});
    await vi.waitFor(() => expect(namesOf(linus)).toContain("courses.published"), patience);
  });

  test("nobody is let in without a token", async () => {
    await expect(listen(gateway, { token: "made.up.token" })).rejects.toThrow("401");
  });
});

test("an instructor who gave a course away hears no more of it, whatever the gateway remembered", async () => {
  const course = await published(people);
  const wanted = { resources: [`courses/${course.id}`], events: ["assignments.created"] };
  await using ada = await listenSse(gateway, { ...wanted, token: tokenOf("ada") });
  await using edsger = await listenSse(gateway, { ...wanted, token: tokenOf("edsger") });
  const hears = ({ events }: LiveClient, { id }: { id: number }) =>
    events.some(({ data }) => data.assignment_id === id);
  const first = await assign(people, course);
  await vi.waitFor(() => expect(hears(ada, first)).toBe(true), patience);
  const { title, code, semester_id } = course;
  await done("grace", 200, `PUT /courses/${course.id}`, { title, code, semester_id, instructor_id: "edsger" });
  // The two services tell of it each in its own time; once the gateway has heard, it asks anew.
  await vi.waitFor(async () => {
    const next = await done<{ id: number }>("edsger", 201, "POST /assignments", {
      ...assignmentText(),
      course_id: course.id,
    });
    await vi.waitFor(() => expect(hears(edsger, next)).toBe(true), patience);
    expect(hears(ada, next)).toBe(false);
  }, patience);
});

test("a client that comes back hears what it missed", async () => {
  const course = await published(people, ["alan"]);
  const wanted = { token: tokenOf("alan"), resources: [`courses/${course.id}`], events: ["assignments.created"] };
  const first = await listenSse(gateway, wanted);
  await assign(people, course, { title: "heard" });
  await vi.waitFor(() => expect(namesOf(first)).toHaveLength(1), patience);
  await first[Symbol.asyncDispose]();
  await assign(people, course, { title: "missed" });
  await using again = await listenSse(gateway, { ...wanted, after: first.events[0]?.id ?? "" });
  await assign(people, course, { title: "new" });
  await vi.waitFor(() => expect(again.events).toHaveLength(2), patience);
  expect(again.events.map(({ data }) => data.title)).toEqual(["missed", "new"]);
});
