import {
  type Client,
  type Clock,
  createCache,
  type Database,
  type Executor,
  ParleyError,
  permissionDenied,
} from "parleyjs";
import { callingUser } from "./caller.ts";
import { type AcademicsService, type Course, Standing } from "./protos/gen/ts/academics/v1/academics_pb.ts";

/** A course, and how the caller stands in it. */
export interface CourseView {
  readonly course: Course;
  readonly standing: Standing;
}

/** What services behind academics-service know of courses. */
export interface CourseViews {
  /** @throws ParleyError NOT_FOUND if there is no course, or none that the caller may see. */
  get(courseId: bigint): Promise<CourseView>;
  /** Has every instance of the service forget a course, once the transaction has committed. */
  forget(tx: Executor, courseId: bigint): Promise<void>;
  close(): Promise<void>;
}

/** The instances of a service tell each other through their database. */
const CHANNEL = "course_views";
const MAX_ENTRIES = 10_000;
/** What an event that does not come can cost. */
const TTL_MS = 60_000;

/**
 * Asks academics-service about courses as the caller sees them, and remembers those that the caller takes part in. Who
 * takes no part is asked about each time, for they may enrol at any moment.
 */
export async function createCourseViews(
  academics: Client<typeof AcademicsService>,
  { db, clock }: { readonly db: Database; readonly clock: Clock },
): Promise<CourseViews> {
  const cache = createCache<string, CourseView>({
    maxEntries: MAX_ENTRIES,
    ttlMs: TTL_MS,
    clock,
    keep: ({ standing }) => standing === Standing.STUDENT || standing === Standing.INSTRUCTOR,
  });
  // Without a payload some may have been missed: then all go.
  const listener = await db.listen(CHANNEL, (courseId) =>
    cache.invalidateWhere((key) => courseId === undefined || key.startsWith(`${courseId} `)),
  );
  return {
    get: (courseId) =>
      cache.get(`${courseId} ${callingUser()?.id ?? ""}`, async () => {
        const { course, standing } = await academics.getCourse({ id: courseId });
        return { course: existing(course), standing };
      }),
    async forget(tx, courseId) {
      await tx.query("SELECT pg_notify($1, $2)", [CHANNEL, String(courseId)]);
    },
    close: () => listener.close(),
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

function existing(course: Course | undefined): Course {
  if (course) return course;
  throw new ParleyError("INTERNAL", "academics-service answered without a course");
}
