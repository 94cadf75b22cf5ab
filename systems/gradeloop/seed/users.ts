import type { Database, Logger } from "parleyjs";
import type { Passwords } from "../iam/password.ts";
import { createUserStore } from "../iam/user-store.ts";
import { beginEmpty } from "./begin-empty.ts";

/** Of every seeded user. It is written here for all to read, so nobody is seeded in production. */
export const DEVELOPMENT_PASSWORD = "gradeloop-dev";

const USERS = [
  { id: "grace", name: "Grace Hopper", email: "grace@gradeloop.example", roles: ["admin"] },
  { id: "ada", name: "Ada Lovelace", email: "ada@gradeloop.example", roles: ["instructor"] },
  { id: "edsger", name: "Edsger Dijkstra", email: "edsger@gradeloop.example", roles: ["instructor"] },
  { id: "alan", name: "Alan Turing", email: "alan@gradeloop.example", roles: ["student"] },
  { id: "katherine", name: "Katherine Johnson", email: "katherine@gradeloop.example", roles: ["student"] },
  { id: "linus", name: "Linus Pauling", email: "linus@gradeloop.example", roles: ["student"] },
] as const;

export async function seedUsers(
  db: Database,
  { passwords, log }: { readonly passwords: Passwords; readonly log: Logger },
): Promise<void> {
  // One hash for all, because each takes its time.
  const password = await passwords.hash(DEVELOPMENT_PASSWORD);
  await beginEmpty(db, "users", async (tx) => {
    const users = createUserStore(tx);
    for (const user of USERS) await users.insert({ ...user, password });
    log.info({ users: USERS.length }, "development users were made: everybody knows their password");
  });
}
