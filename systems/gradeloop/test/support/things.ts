import { randomBytes } from "node:crypto";
import type { People, Person } from "./people.ts";

export interface Course {
  readonly id: number;
  readonly title: string;
  readonly code: string;
  readonly instructor_id: string;
  readonly semester_id: number;
  readonly status: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Assignment {
  readonly id: number;
  readonly title: string;
  readonly course_id: number;
  readonly due_date: string;
  readonly max_points: number;
  readonly description: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Submission {
  readonly id: number;
  readonly assignment_id: number;
  readonly student_id: string;
  readonly content: string;
  readonly points?: number;
}

const DAY_MS = 86_400_000;

export const uniqueCode = (): string => `T-${randomBytes(6).toString("hex")}`;
export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

export const courseText = (change: object = {}) => ({
  title: "Compilers",
  code: uniqueCode(),
  semester_id: 2,
  ...change,
});
export const assignmentText = (change: object = {}) => ({
  title: "A parser",
  due_date: inDays(7),
  max_points: 10,
  description: "By recursive descent.",
  ...change,
});

/** A course of Ada's. */
export const draft = ({ done }: People): Promise<Course> => done<Course>("ada", 201, "POST /courses", courseText());

/** A published course of Ada's that these students attend. */
export async function published(people: People, students: readonly Person[] = []): Promise<Course> {
  const { id } = await draft(people);
  const course = await people.done<Course>("ada", 200, `POST /courses/${id}/publish`, {});
  for (const student of students) await people.done(student, 201, `POST /courses/${id}/enrollments`, {});
  return course;
}

export function assign({ done }: People, course: Pick<Course, "id">, change: object = {}): Promise<Assignment> {
  return done<Assignment>("ada", 201, "POST /assignments", { course_id: course.id, ...assignmentText(change) });
}

export function handIn({ done }: People, student: Person, assignment: Pick<Assignment, "id">, content = "x = 1") {
  return done<Submission>(student, 201, `POST /assignments/${assignment.id}/submissions`, { content });
}
