import { createChannel, createClient } from "@parley/rpc";
import { isParleyError, type ParleyError } from "parleyjs";
import { afterAll, describe, expect, test } from "vitest";
import { AcademicsService, Standing } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import { AssignmentService } from "../shared/protos/gen/ts/assignments/v1/assignments_pb.ts";
import { IamService } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";
import { startGradeloop } from "./support/gradeloop-system.ts";

const system = await startGradeloop();
afterAll(() => system[Symbol.asyncDispose]());
/** Clients with a service token and no user, as a service has them for work in the background. */
const academics = system.clientOf(AcademicsService);
const assignments = system.clientOf(AssignmentService);
const iam = system.clientOf(IamService);

async function failureOf(call: Promise<unknown>): Promise<ParleyError> {
  const error: unknown = await call.then(
    () => expect.fail("the call succeeded"),
    (reason: unknown) => reason,
  );
  return isParleyError(error) ? error : expect.fail(`not an error of a call: ${String(error)}`);
}

describe("a service on its own behalf", () => {
  test("reads a course as a user sees it", async () => {
    expect(await academics.getCourse({ id: 1n, userId: "alan" })).toMatchObject({ standing: Standing.STUDENT });
    expect(await academics.getCourse({ id: 1n, userId: "ada" })).toMatchObject({ standing: Standing.INSTRUCTOR });
    expect(await academics.getCourse({ id: 1n, userId: "linus" })).toMatchObject({ standing: Standing.NONE });
    expect(await failureOf(academics.getCourse({ id: 3n, userId: "alan" }))).toMatchObject({ code: "NOT_FOUND" });
    expect(await academics.getCourse({ id: 3n })).toMatchObject({ course: { code: "CS-310" } });
  });

  test("reads many at once, and those that are there", async () => {
    const { courses } = await academics.batchGetCourses({ ids: [1n, 3n, 999n] });
    expect(courses.map(({ id }) => id).sort()).toEqual([1n, 3n]);
    const pairs = ["alan", "ada", "linus"].map((userId) => ({ courseId: 1n, userId }));
    expect((await academics.batchGetStandings({ pairs })).standings).toEqual([
      Standing.STUDENT,
      Standing.INSTRUCTOR,
      Standing.NONE,
    ]);
    const { users } = await iam.batchGetUsers({ ids: ["alan", "nobody"] });
    expect(users.map(({ email }) => email)).toEqual(["alan@gradeloop.example"]);
  });

  test("does not do what takes a user", async () => {
    expect(await failureOf(assignments.createSubmission({ assignmentId: 2n, content: "x" }))).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(await failureOf(iam.getMe({}))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await failureOf(academics.createCourse({ title: "x", code: "x", semesterId: 1 }))).toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });
});

describe("who has no service token", () => {
  const channel = createChannel({ target: system.addressOf("academics-service") });
  afterAll(() => channel.close());

  test("is nobody", async () => {
    const stranger = createClient(AcademicsService, channel);
    expect(await failureOf(stranger.getCourse({ id: 1n }))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("is nobody, whatever name is given", async () => {
    const stranger = createClient(AcademicsService, channel);
    const { Metadata } = await import("parleyjs");
    const metadata = new Metadata([
      ["x-service-name", "assignment-service"],
      ["x-service-token", "made.up.token"],
    ]);
    expect(await failureOf(stranger.getCourse({ id: 1n }, { metadata }))).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
