import { type Client, isParleyError } from "parleyjs";
import type { AcademicsService } from "../shared/protos/gen/ts/academics/v1/academics_pb.ts";
import type { IamService } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";
import type { NoticeJob } from "../shared/protos/gen/ts/notifications/v1/notifications_pb.ts";
import type { Recipient } from "./notification-store.ts";

/** As many as iam-service answers for at once. */
const PAGE_SIZE = 500;

/** Finds the addresses of those who are told of something. */
export function createRecipients(academics: Client<typeof AcademicsService>, iam: Client<typeof IamService>) {
  const ofUsers = async (ids: string[]): Promise<readonly Recipient[]> => {
    if (ids.length === 0) return [];
    const { users } = await iam.batchGetUsers({ ids });
    return users.filter(({ active }) => active).map(({ id, email }) => ({ id, email }));
  };

  /** In pages: a course may have thousands of students. */
  const ofCourse = async (courseId: bigint): Promise<readonly Recipient[]> => {
    const recipients: Recipient[] = [];
    let pageToken = "";
    do {
      const page = await academics.listEnrollments({ courseId, pageSize: PAGE_SIZE, pageToken });
      recipients.push(...(await ofUsers(page.enrollments.map(({ userId }) => userId))));
      pageToken = page.pagination?.nextPageToken ?? "";
    } while (pageToken !== "");
    return recipients;
  };

  return async (audience: NoticeJob["audience"]): Promise<readonly Recipient[]> => {
    if (audience.case !== "courseId") return ofUsers(audience.value ? [audience.value] : []);
    try {
      return await ofCourse(audience.value);
    } catch (error) {
      // The course was removed meanwhile: there is nobody left to tell.
      if (isParleyError(error) && error.code === "NOT_FOUND") return [];
      throw error;
    }
  };
}
