import { type Client, type Clock, createCache, permissionDenied } from "parley";
import { type AcademicsService, type Course, Standing } from "../gen/academics/v1/academics_pb.ts";
import { callingUser } from "./caller.ts";

/** A course, and how the caller stands in it. */
export interface CourseView {
  readonly course: Course;
  readonly standing: Standing;
}

/** What services behind academics-service know of courses. */
export interface CourseViews {
  /** @throws ParleyError NOT_FOUND if there is no course, or none that the caller may see. */
  get(courseId: bigint): Promise<CourseView>;
  /** Forgets a course, because something has changed in it. */
  forget(courseId: bigint): void;
}

const MAX_ENTRIES = 10_000;
/** What an event that does not come can cost. */
const TTL_MS = 60_000;

/**
 * Asks academics-service about courses as the caller sees them, and remembers those that the caller takes part in. Who
 * takes no part is asked about each time, for they may enrol at any moment.
 */
export function createCourseViews(academics: Client<typeof AcademicsService>, clock: Clock): CourseViews {
  const cache = createCache<string, CourseView>({
    maxEntries: MAX_ENTRIES,
    ttlMs: TTL_MS,
    clock,
    async load(key) {
      const { course, standing } = await academics.getCourse({ id: BigInt(key.slice(0, key.indexOf(" "))) });
      if (!course) throw new TypeError("academics-service answered without a course");
      return { course, standing };
    },
    keep: ({ standing }) => standing === Standing.STUDENT || standing === Standing.INSTRUCTOR,
  });
  return {
    get: (courseId) => cache.get(`${courseId} ${callingUser()?.id ?? ""}`),
    forget: (courseId) => cache.invalidateWhere((key) => key.startsWith(`${courseId} `)),
  };
}

/**
 * Lets those through who teach the course, admins, and services on their own behalf.
 * @throws ParleyError PERMISSION_DENIED
 */
export function assertTeaches({ standing }: CourseView): void {
  const caller = callingUser();
  if (!caller || caller.is("admin") || (standing === Standing.INSTRUCTOR && caller.is("instructor"))) return;
  throw permissionDenied("only the instructor of the course may do this");
}

/**
 * Lets those through who take part in the course, admins, and services on their own behalf.
 * @throws ParleyError PERMISSION_DENIED
 */
export function assertTakesPart({ standing }: CourseView): void {
  const caller = callingUser();
  if (!caller || caller.is("admin") || standing === Standing.INSTRUCTOR || standing === Standing.STUDENT) return;
  throw permissionDenied("only those who take part in the course may do this");
}

/** Whether the caller sees what all students do, or only their own. */
export function seesAll({ standing }: CourseView): boolean {
  const caller = callingUser();
  return !caller || caller.is("admin") || standing === Standing.INSTRUCTOR;
}
