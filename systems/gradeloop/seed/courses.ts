import type { Database } from "parleyjs";
import { createCourseStore } from "../academics/course-store.ts";
import { createEnrollmentStore } from "../academics/enrollment-store.ts";
import { beginEmpty } from "./begin-empty.ts";

const COURSES = [
  {
    title: "Introduction to Algorithms",
    code: "CS-101",
    instructorId: "ada",
    published: true,
    students: ["alan", "katherine"],
  },
  { title: "Structured Programming", code: "CS-205", instructorId: "edsger", published: true, students: ["alan"] },
  { title: "The Analytical Engine", code: "CS-310", instructorId: "ada", published: false, students: [] },
];

/** Three courses, the first of which the other parts of the seed know as 1. They are there: nobody is told of them. */
export function seedCourses(db: Database): Promise<void> {
  return beginEmpty(db, "courses", async (tx) => {
    const courses = createCourseStore(tx);
    const enrollments = createEnrollmentStore(tx);
    for (const { published, students, ...text } of COURSES) {
      const { id } = await courses.insert({ ...text, semesterId: 1 });
      if (published) await courses.publish(tx, id);
      for (const userId of students) await enrollments.insert(tx, { courseId: id, userId });
    }
  });
}
