import { notFound, permissionDenied } from "parleyjs";
import { callingUser } from "../shared/caller.ts";
import type { CourseRow } from "./course-store.ts";

/** Whether a course is to be seen by a user; undefined is a service, which sees all. */
export function isVisible(course: CourseRow, viewerId: string | undefined): boolean {
  const caller = callingUser();
  return (
    course.status === "PUBLISHED" ||
    viewerId === undefined ||
    course.instructor_id === viewerId ||
    (caller?.id === viewerId && caller.is("admin"))
  );
}

/** Whether the caller may change a course. */
export function isInCharge(course: CourseRow): boolean {
  const caller = callingUser();
  return (
    caller !== undefined && (caller.is("admin") || (caller.is("instructor") && course.instructor_id === caller.id))
  );
}

/**
 * @throws ParleyError NOT_FOUND if the caller may not even see the course, PERMISSION_DENIED if the caller sees it but
 *   is not in charge.
 */
export function assertInCharge(course: CourseRow): void {
  if (isInCharge(course)) return;
  if (!isVisible(course, callingUser()?.id)) throw notFound("course");
  throw permissionDenied("only the instructor of the course may do this");
}
