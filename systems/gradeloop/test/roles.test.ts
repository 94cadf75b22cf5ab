import { afterAll, describe, expect, test } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { logIn, type Person } from "./support/people.ts";
import { assign, assignmentText, courseText, draft, handIn, published } from "./support/things.ts";

const system = await startGradeloop();
afterAll(() => system[Symbol.asyncDispose]());
const people = await logIn(system.addressOf("gateway"));

/** What everybody gets: without a token, an admin, the instructor of the course, another one, a student of it, another one. */
type Statuses = readonly [nobody: number, grace: number, ada: number, edsger: number, alan: number, linus: number];
const EVERYBODY = ["nobody", "grace", "ada", "edsger", "alan", "linus"] as const satisfies readonly (
  | Person
  | "nobody"
)[];

/** Makes what a request needs, anew for each who asks; gives its path and body. */
type Prepare = () => Promise<readonly [path: string, body?: object]> | readonly [path: string, body?: object];

const course = async () => published(people, ["alan"]);
const assignment = async () => assign(people, await course());
const submission = async () => handIn(people, "alan", await assignment());

const TABLE: readonly (readonly [route: string, prepare: Prepare, statuses: Statuses])[] = [
  ["GET /courses", () => ["/courses"], [401, 200, 200, 200, 200, 200]],
  ["POST /courses", () => ["/courses", courseText({ instructor_id: "ada" })], [401, 201, 201, 403, 403, 403]],
  ["GET /courses/{id}", () => ["/courses/1"], [401, 200, 200, 200, 200, 200]],
  [
    "GET /courses/{id} of a draft",
    async () => [`/courses/${(await draft(people)).id}`],
    [401, 200, 200, 404, 404, 404],
  ],
  ["PUT /courses/{id}", async () => [`/courses/${(await course()).id}`, courseText()], [401, 200, 200, 403, 403, 403]],
  ["DELETE /courses/{id}", async () => [`/courses/${(await course()).id}`], [401, 204, 204, 403, 403, 403]],
  [
    "DELETE /courses/{id} of a draft",
    async () => [`/courses/${(await draft(people)).id}`],
    [401, 204, 204, 404, 403, 403],
  ],
  [
    "POST /courses/{id}/publish",
    async () => [`/courses/${(await draft(people)).id}/publish`, {}],
    [401, 200, 200, 404, 403, 403],
  ],
  [
    "POST /courses/{id}/enrollments of oneself",
    async () => [`/courses/${(await published(people)).id}/enrollments`, {}],
    [401, 400, 400, 400, 201, 201],
  ],
  [
    "POST /courses/{id}/enrollments of another",
    async () => [`/courses/${(await published(people)).id}/enrollments`, { user_id: "katherine" }],
    [401, 201, 201, 403, 403, 403],
  ],
  ["GET /courses/{id}/enrollments", () => ["/courses/1/enrollments"], [401, 200, 200, 403, 403, 403]],
  ["GET /courses/{id}/assignments", () => ["/courses/1/assignments"], [401, 200, 200, 403, 200, 403]],
  [
    "POST /assignments",
    async () => ["/assignments", assignmentText({ course_id: (await course()).id })],
    [401, 201, 201, 403, 403, 403],
  ],
  ["GET /assignments/{id}", () => ["/assignments/1"], [401, 200, 200, 403, 200, 403]],
  [
    "PUT /assignments/{id}",
    async () => [`/assignments/${(await assignment()).id}`, assignmentText()],
    [401, 200, 200, 403, 403, 403],
  ],
  ["DELETE /assignments/{id}", async () => [`/assignments/${(await assignment()).id}`], [401, 204, 204, 403, 403, 403]],
  [
    "POST /assignments/{id}/submissions",
    async () => [`/assignments/${(await assignment()).id}/submissions`, { content: "x" }],
    [401, 403, 403, 403, 201, 403],
  ],
  ["GET /assignments/{id}/submissions", () => ["/assignments/1/submissions"], [401, 200, 200, 403, 200, 403]],
  [
    "POST /submissions/{id}/grade",
    async () => [`/submissions/${(await submission()).id}/grade`, { points: 7 }],
    [401, 200, 200, 403, 403, 403],
  ],
  ["GET /grades", () => ["/grades"], [401, 200, 200, 200, 200, 200]],
  ["POST /courses/{id}/grade-reports", () => ["/courses/1/grade-reports", {}], [401, 201, 201, 403, 403, 403]],
  ["GET /courses/{id}/grade-reports", () => ["/courses/1/grade-reports"], [401, 200, 200, 403, 403, 403]],
  [
    "POST /assignments/{id}/similarity-reports",
    () => ["/assignments/1/similarity-reports", {}],
    [401, 201, 201, 403, 403, 403],
  ],
  [
    "GET /assignments/{id}/similarity-reports",
    () => ["/assignments/1/similarity-reports"],
    [401, 200, 200, 403, 403, 403],
  ],
  ["GET /notifications", () => ["/notifications"], [401, 200, 200, 200, 200, 200]],
  ["GET /notifications of another", () => ["/notifications?user_id=katherine"], [401, 200, 403, 403, 403, 403]],
  ["GET /auth/me", () => ["/auth/me"], [401, 200, 200, 200, 200, 200]],
  ["GET /auth/jwks", () => ["/auth/jwks"], [200, 200, 200, 200, 200, 200]],
  ["GET /users", () => ["/users"], [401, 200, 403, 403, 403, 403]],
  ["GET /users/{id}", () => ["/users/alan"], [401, 200, 403, 403, 200, 403]],
  [
    "POST /users",
    () => [
      "/users",
      { name: "New", email: `${crypto.randomUUID()}@example.com`, password: "a long password", roles: ["student"] },
    ],
    [401, 201, 403, 403, 403, 403],
  ],
  [
    "PUT /users/{id}",
    () => ["/users/katherine", { name: "Katherine Johnson", roles: ["student"], active: true }],
    [401, 200, 403, 403, 403, 403],
  ],
];

const VERB = /^[A-Z]+/;

describe.each(TABLE)("%s", (route, prepare, statuses) => {
  test("answers each as they may", async () => {
    const answers: Record<string, number> = {};
    for (const person of EVERYBODY) {
      const [path, body] = await prepare();
      const { status } = await people.as(person)(`${VERB.exec(route)?.[0]} ${path}`, body ? { body } : {});
      answers[person] = status;
    }
    expect(answers).toEqual(Object.fromEntries(EVERYBODY.map((person, at) => [person, statuses[at]])));
  });
});

test("only an admin has the keys changed", async () => {
  for (const person of ["nobody", "ada", "alan"] as const) {
    const { status } = await people.as(person)("POST /auth/keys/rotate", { body: {} });
    expect([person, status]).toEqual([person, person === "nobody" ? 401 : 403]);
  }
});
