import type { Client } from "parley";
import type { AcademicsService } from "../gen/academics/v1/academics_pb.ts";
import type { IamService } from "../gen/iam/v1/iam_pb.ts";
import type { Recipient } from "./notification-store.ts";

/** As many as iam-service answers for at once. */
const PAGE_SIZE = 500;

/** Finds the addresses of those who are told of something, in pages: a course may have thousands. */
export function createRecipients(academics: Client<typeof AcademicsService>, iam: Client<typeof IamService>) {
  const ofUsers = async (ids: readonly string[]): Promise<readonly Recipient[]> => {
    if (ids.length === 0) return [];
    const { users } = await iam.batchGetUsers({ ids: [...ids] });
    return users.filter(({ active }) => active).map(({ id, email }) => ({ id, email }));
  };
  return {
    ofUsers,

    async ofCourse(courseId: bigint): Promise<readonly Recipient[]> {
      const recipients: Recipient[] = [];
      let pageToken = "";
      do {
        const page = await academics.listEnrollments({ courseId, pageSize: PAGE_SIZE, pageToken });
        recipients.push(...(await ofUsers(page.enrollments.map(({ userId }) => userId))));
        pageToken = page.pagination?.nextPageToken ?? "";
      } while (pageToken !== "");
      return recipients;
    },
  };
}
