import { afterAll, describe, expect, test } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { dataOf, logIn, type Person } from "./support/people.ts";
import type { RestRequest } from "./support/rest.ts";
import {
  type Assignment,
  assign,
  assignmentText,
  type Course,
  courseText,
  draft,
  handIn,
  inDays,
  published,
  type Submission,
  uniqueCode,
} from "./support/things.ts";

const system = await startGradeloop();
afterAll(() => system[Symbol.asyncDispose]());
const people = await logIn(system.addressOf("gateway"));
const { as, done } = people;

/** Matches any instant in UTC, as RFC 3339 writes it. */
const TIMESTAMP: string = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const LAST_PAGE = { next_page_token: "", has_more: false };
const violation = (field: string, message: string) => ({
  error: { code: "VALIDATION_ERROR", message: "Invalid request data", details: [{ field, message }] },
});

describe("what a request gets wrong is told by field", () => {
  const REFUSALS: readonly (readonly [
    person: Person,
    line: string,
    request: RestRequest,
    field: string,
    message: string,
  ])[] = [
    ["ada", "POST /courses", { body: courseText({ title: "" }) }, "title", "is required"],
    ["ada", "POST /courses", { body: courseText({ semester_id: 0 }) }, "semester_id", "must be greater than 0"],
    [
      "grace",
      "POST /courses",
      { body: courseText({ instructor_id: "alan" }) },
      "instructor_id",
      "must be a user with the role instructor",
    ],
    [
      "ada",
      "POST /courses/1/enrollments",
      { body: { user_id: "nobody" } },
      "user_id",
      "must be a user with the role student",
    ],
    ["ada", "GET /courses/zero", {}, "id", 'must be an integer, got "zero"'],
    ["ada", "GET /courses/0", {}, "id", "must be greater than 0"],
    [
      "ada",
      "GET /courses?page_size=101",
      {},
      "page_size",
      "must be greater than or equal to 0 and less than or equal to 100",
    ],
    [
      "ada",
      "POST /assignments",
      { body: { course_id: 1, ...assignmentText({ due_date: "2020-01-01T00:00:00Z" }) } },
      "due_date",
      "must be a future date",
    ],
    [
      "ada",
      "POST /assignments",
      { body: { course_id: 1, ...assignmentText({ due_date: undefined }) } },
      "due_date",
      "is required",
    ],
    [
      "ada",
      "POST /assignments",
      { body: { course_id: 1, ...assignmentText({ max_points: 0 }) } },
      "max_points",
      "must be greater than or equal to 1 and less than or equal to 10000",
    ],
    [
      "ada",
      "PUT /assignments/2",
      { body: assignmentText({ due_date: "2020-01-01T00:00:00Z" }) },
      "due_date",
      "must be a future date",
    ],
    ["alan", "POST /assignments/2/submissions", { body: {} }, "content", "is required"],
    ["ada", "POST /submissions/2/grade", { body: {} }, "points", "is required"],
    [
      "ada",
      "POST /submissions/2/grade",
      { body: { points: -1 } },
      "points",
      "must be finite and greater than or equal to 0",
    ],
    [
      "ada",
      "POST /assignments/1/similarity-reports",
      { body: { threshold: 2 } },
      "threshold",
      "must be greater than 0 and less than or equal to 1",
    ],
  ];
  test.each(REFUSALS)("%s: %s %j", async (person, line, request, field, message) => {
    const { status, json } = await as(person)(line, request);
    expect({ status, json }).toMatchObject({ status: 400, json: { error: { code: "VALIDATION_ERROR" } } });
    expect((json as ReturnType<typeof violation>).error.details).toContainEqual({
      field,
      message: expect.stringContaining(message.startsWith("must be finite") ? "must be" : message),
    });
  });

  test("as the specification has it", async () => {
    const body = { course_id: 1, ...assignmentText({ due_date: inDays(-1) }) };
    const { json } = await as("ada")("POST /assignments", { body });
    expect(json).toEqual(violation("due_date", "must be a future date"));
  });
});

describe("courses", () => {
  test("are opened, read, changed, published and removed", async () => {
    const text = courseText();
    const course = await done<Course>("ada", 201, "POST /courses", text);
    expect(course).toEqual({
      ...text,
      id: expect.any(Number),
      instructor_id: "ada",
      status: "DRAFT",
      created_at: TIMESTAMP,
      updated_at: TIMESTAMP,
    });
    expect(await done("ada", 200, `GET /courses/${course.id}`)).toEqual(course);
    const changed = await done<Course>("ada", 200, `PUT /courses/${course.id}`, { ...text, title: "Parsers" });
    expect(changed).toMatchObject({ title: "Parsers", code: text.code });
    expect(changed.updated_at > course.updated_at).toBe(true);
    expect(await done("ada", 200, `POST /courses/${course.id}/publish`, {})).toMatchObject({ status: "PUBLISHED" });
    expect(await as("ada")(`DELETE /courses/${course.id}`)).toMatchObject({ status: 204, json: undefined });
    expect(await as("ada")(`GET /courses/${course.id}`)).toMatchObject({
      status: 404,
      json: { error: { code: "NOT_FOUND", message: "course not found" } },
    });
  });

  test("have a code of their own within a semester", async () => {
    const code = uniqueCode();
    await done("ada", 201, "POST /courses", courseText({ code, semester_id: 7 }));
    await done("edsger", 201, "POST /courses", courseText({ code, semester_id: 8 }));
    expect(await as("edsger")("POST /courses", { body: courseText({ code, semester_id: 7 }) })).toMatchObject({
      status: 409,
      json: { error: { code: "ALREADY_EXISTS", message: `the semester has a course with the code ${code} already` } },
    });
  });

  test("are not changed over somebody else's change", async () => {
    const { id, updated_at } = await draft(people);
    const change = courseText({ expected_updated_at: updated_at });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => as("ada")(`PUT /courses/${id}`, { body: change })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.json).toMatchObject({ error: { code: "CONFLICT" } });
  });

  test("come a page at a time, and a page of one list is none of another", async () => {
    const codes: string[] = [];
    for (let at = 0; at < 5; at++) {
      const { code } = await done<Course>("ada", 201, "POST /courses", courseText({ semester_id: 99 }));
      codes.push(code);
    }
    const found: string[] = [];
    let token = "";
    do {
      const { json } = await as("ada")(`GET /courses?semester_id=99&page_size=2&page_token=${token}`);
      const page = json as { data: Course[]; pagination: { next_page_token: string; has_more: boolean } };
      found.push(...page.data.map(({ code }) => code));
      token = page.pagination.next_page_token;
      expect(page.pagination.has_more).toBe(token !== "");
      if (token === "") break;
      expect((await as("ada")(`GET /courses?semester_id=98&page_token=${token}`)).json).toEqual(
        violation("page_token", "must be what an earlier page of the same list ended with, or empty"),
      );
    } while (found.length < 100);
    expect(found).toEqual(codes);
    expect(await as("ada")("GET /courses?page_token=forged")).toMatchObject({ status: 400 });
  });

  test("that are one's own are those that one teaches or attends", async () => {
    const course = await published(people, ["linus"]);
    const ids = async (person: Person) =>
      (await done<Course[]>(person, 200, "GET /courses?mine=true&page_size=100")).map(({ id }) => id);
    expect(await ids("linus")).toEqual([course.id]);
    expect(await ids("katherine")).not.toContain(course.id);
    expect(await ids("ada")).toContain(course.id);
  });
});

describe("enrolments", () => {
  test("need a published course", async () => {
    const { id } = await draft(people);
    expect(await as("ada")(`POST /courses/${id}/enrollments`, { body: { user_id: "alan" } })).toMatchObject({
      status: 422,
      json: { error: { code: "FAILED_PRECONDITION", message: "the course is not published yet" } },
    });
  });

  test("count once, whoever asks at once", async () => {
    const { id } = await published(people);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => as("alan")(`POST /courses/${id}/enrollments`, { body: {} })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(11).fill(409)]);
    expect(await as("ada")(`GET /courses/${id}/enrollments`)).toMatchObject({
      json: { data: [{ course_id: id, user_id: "alan", enrolled_at: TIMESTAMP }], pagination: LAST_PAGE },
    });
  });

  test("open the assignments at once", async () => {
    const course = await published(people);
    const assignment = await assign(people, course);
    expect(await as("linus")(`GET /assignments/${assignment.id}`)).toMatchObject({ status: 403 });
    await done("linus", 201, `POST /courses/${course.id}/enrollments`, {});
    expect(await as("linus")(`GET /assignments/${assignment.id}`)).toMatchObject({ status: 200 });
  });
});

describe("assignments", () => {
  test("have the shape that clients know", async () => {
    const course = await published(people, ["alan"]);
    const text = assignmentText();
    const assignment = await done<Assignment>("ada", 201, "POST /assignments", { course_id: course.id, ...text });
    expect(assignment).toEqual({
      ...text,
      id: expect.any(Number),
      course_id: course.id,
      created_at: TIMESTAMP,
      updated_at: TIMESTAMP,
    });
    expect((await as("alan")(`GET /courses/${course.id}/assignments`)).json).toEqual({
      data: [assignment],
      pagination: LAST_PAGE,
    });
  });

  test("are found by when they are due", async () => {
    const course = await published(people, ["alan"]);
    for (const days of [1, 3, 5]) await assign(people, course, { title: `in ${days}`, due_date: inDays(days) });
    const query = `due.from=${inDays(2)}&due.to=${inDays(4)}`;
    const found = await done<Assignment[]>("alan", 200, `GET /courses/${course.id}/assignments?${query}`);
    expect(found.map(({ title }) => title)).toEqual(["in 3"]);
  });

  test("keep a due date that is over, and take no new one that is", async () => {
    const { due_date } = await done<Assignment>("ada", 200, "GET /assignments/1");
    const text = assignmentText({ title: "Binary search", due_date, max_points: 100 });
    expect(await done("ada", 200, "PUT /assignments/1", text)).toMatchObject({ title: "Binary search", due_date });
  });

  test("cannot be worth less than a grade that was given", async () => {
    const course = await published(people, ["alan"]);
    const assignment = await assign(people, course);
    const { id } = await handIn(people, "alan", assignment);
    await done("ada", 200, `POST /submissions/${id}/grade`, { points: 9 });
    const body = assignmentText({ due_date: assignment.due_date, max_points: 8 });
    expect(await as("ada")(`PUT /assignments/${assignment.id}`, { body })).toMatchObject({ status: 422 });
  });

  test("of a course that is not there", async () => {
    const body = { course_id: 987_654, ...assignmentText() };
    expect(await as("ada")("POST /assignments", { body })).toMatchObject({
      status: 404,
      json: { error: { code: "NOT_FOUND", message: "course not found" } },
    });
  });
});

describe("submissions", () => {
  test("count once, whoever hands in at once", async () => {
    const assignment = await assign(people, await published(people, ["alan"]));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        as("alan")(`POST /assignments/${assignment.id}/submissions`, { body: { content: `try ${at}` } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(11).fill(409)]);
    const winner = answers.find(({ status }) => status === 201);
    expect(await done("alan", 200, `GET /assignments/${assignment.id}/submissions`)).toEqual([
      dataOf(winner ?? expect.fail("nobody won")),
    ]);
  });

  test("come too late after the due date", async () => {
    await done("linus", 201, "POST /courses/1/enrollments", {});
    expect(await as("linus")("POST /assignments/1/submissions", { body: { content: "late" } })).toMatchObject({
      status: 422,
      json: { error: { code: "FAILED_PRECONDITION", message: expect.stringContaining("was due at") } },
    });
  });

  test("are seen by their student and the instructor", async () => {
    const assignment = await assign(people, await published(people, ["alan", "katherine"]));
    for (const person of ["alan", "katherine"] as const) await handIn(people, person, assignment, `by ${person}`);
    const seenBy = async (person: Person) =>
      (await done<Submission[]>(person, 200, `GET /assignments/${assignment.id}/submissions`)).map(
        (it) => it.student_id,
      );
    expect(await seenBy("alan")).toEqual(["alan"]);
    expect(await seenBy("katherine")).toEqual(["katherine"]);
    expect(await seenBy("ada")).toEqual(["alan", "katherine"]);
  });
});

describe("grades", () => {
  test("are within what the assignment gives, and can be changed", async () => {
    const course = await published(people, ["alan"]);
    const assignment = await assign(people, course);
    const { id } = await handIn(people, "alan", assignment);
    expect(await as("ada")(`POST /submissions/${id}/grade`, { body: { points: 10.5 } })).toMatchObject({
      status: 422,
      json: { error: { message: "10.5 points are more than the 10 of the assignment" } },
    });
    await done("ada", 200, `POST /submissions/${id}/grade`, { points: 0 });
    expect(await done("ada", 200, `POST /submissions/${id}/grade`, { points: 9.5, feedback: "Good." })).toMatchObject({
      points: 9.5,
      feedback: "Good.",
      graded_by: "ada",
      graded_at: TIMESTAMP,
    });
    const grades = await done<object[]>("alan", 200, "GET /grades?page_size=100");
    expect(grades.at(-1)).toEqual({
      submission_id: id,
      assignment_id: assignment.id,
      assignment_title: assignment.title,
      course_id: course.id,
      course_code: course.code,
      course_title: course.title,
      points: 9.5,
      max_points: 10,
      feedback: "Good.",
      graded_at: TIMESTAMP,
    });
  });

  test("of a submission that is not there", async () => {
    expect(await as("ada")("POST /submissions/987654/grade", { body: { points: 1 } })).toMatchObject({ status: 404 });
  });
});

test("a request id is taken or made, and given back", async () => {
  const given = await as("ada")("GET /courses/1", { headers: { "x-request-id": "a-request-of-mine" } });
  expect(given.headers.get("x-request-id")).toBe("a-request-of-mine");
  expect((await as("ada")("GET /courses/1")).headers.get("x-request-id")).toMatch(/\w{8}/);
});

test("ids are JSON numbers, in and out", async () => {
  const { id } = await done<Course>("ada", 200, "GET /courses/1");
  expect(id).toBe(1);
  const text = JSON.stringify({ course_id: 1, ...assignmentText() });
  expect(await as("ada")("POST /assignments", { text })).toMatchObject({
    status: 201,
    json: { data: { course_id: 1 } },
  });
});
