import { type Database, failedPrecondition, type Logger } from "parleyjs";
import type { Passwords } from "../iam/password.ts";
import { createUserStore } from "../iam/user-store.ts";
import { beginEmpty } from "./begin-empty.ts";

/** The administrator that an empty system begins with. */
export interface FirstAdmin {
  readonly email: string;
  readonly password: string;
}

/** As the contract has it for every user. */
const LEAST_PASSWORD_CHARACTERS = 12;

/**
 * Makes the first user while there is none: only an administrator can make users, so that without one nobody could ever log in.
 * Later starts change nothing, and the two variables may be removed from the environment.
 *
 * @throws FAILED_PRECONDITION if the address or the password would not be accepted of any other user; the service does not start.
 */
export async function makeFirstAdmin(
  db: Database,
  admin: FirstAdmin,
  { passwords, log }: { readonly passwords: Passwords; readonly log: Logger },
): Promise<void> {
  if (!/^[^\s@]+@[^\s@]+$/.test(admin.email)) {
    throw failedPrecondition(`ADMIN_EMAIL must be an e-mail address, got "${admin.email}"`);
  }
  if (admin.password.length < LEAST_PASSWORD_CHARACTERS) {
    throw failedPrecondition(
      `ADMIN_PASSWORD must have at least ${LEAST_PASSWORD_CHARACTERS} characters, got ${admin.password.length}`,
    );
  }
  await beginEmpty(db, "users", async (tx) => {
    const password = await passwords.hash(admin.password);
    const user = await createUserStore(tx).insert({
      name: "Administrator",
      email: admin.email,
      roles: ["admin"],
      password,
    });
    log.info({ userId: user.id }, "the first administrator was made");
  });
}
