import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Executor, notFound } from "parleyjs";
import { refuseDuplicate } from "../shared/duplicate.ts";
import { onlyRow } from "../shared/only.ts";
import { type PageRequest, readPage } from "../shared/paging.ts";
import type { UserSchema } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";

export interface UserRow {
  id: string;
  name: string;
  email: string;
  roles: string[];
  active: boolean;
  password: string;
  created_at: Date;
  updated_at: Date;
}

export interface NewUser {
  /** Default a random one. */
  readonly id?: string;
  readonly name: string;
  readonly email: string;
  readonly roles: readonly string[];
  /** As it is stored. */
  readonly password: string;
}

export function createUserStore(db: Executor) {
  return {
    async get(id: string, tx: Executor = db): Promise<UserRow> {
      const { rows } = await tx.query<UserRow>("SELECT * FROM users WHERE id = $1", [id]);
      if (!rows[0]) throw notFound("user");
      return rows[0];
    },

    async findByEmail(email: string): Promise<UserRow | undefined> {
      const { rows } = await db.query<UserRow>("SELECT * FROM users WHERE lower(email) = lower($1)", [email]);
      return rows[0];
    },

    async getMany(ids: readonly string[]): Promise<readonly UserRow[]> {
      const { rows } = await db.query<UserRow>("SELECT * FROM users WHERE id = ANY($1::text[])", [ids]);
      return rows;
    },

    async list(request: PageRequest) {
      const page = readPage(request, { list: ["users"], key: "text" });
      const { rows } = await db.query<UserRow>("SELECT * FROM users WHERE id > $1 ORDER BY id LIMIT $2", [
        page.after ?? "",
        page.readLimit,
      ]);
      return page.of(rows, ({ id }) => id, toUser);
    },

    insert({ id, name, email, roles, password }: NewUser): Promise<UserRow> {
      return refuseDuplicate(`email ${email} is already in use`, async () =>
        onlyRow(
          await db.query<UserRow>(
            `INSERT INTO users (id, name, email, roles, password)
             VALUES (coalesce($1, gen_random_uuid()::text), $2, $3, $4, $5) RETURNING *`,
            [id ?? null, name, email, roles, password],
          ),
        ),
      );
    },

    async update(
      tx: Executor,
      { id, name, roles, active }: Pick<UserRow, "id" | "name" | "active"> & { readonly roles: readonly string[] },
    ): Promise<UserRow> {
      const { rows } = await tx.query<UserRow>(
        `UPDATE users SET name = $2, roles = $3, active = $4, updated_at = date_trunc('milliseconds', now())
         WHERE id = $1 RETURNING *`,
        [id, name, roles, active],
      );
      if (!rows[0]) throw notFound("user");
      return rows[0];
    },

    async setPassword(tx: Executor, id: string, password: string): Promise<void> {
      await tx.query("UPDATE users SET password = $2, updated_at = date_trunc('milliseconds', now()) WHERE id = $1", [
        id,
        password,
      ]);
    },
  };
}

/** A user as others may see them. */
export function toUser({
  id,
  name,
  email,
  roles,
  active,
  created_at,
  updated_at,
}: UserRow): MessageInitShape<typeof UserSchema> {
  return {
    id,
    name,
    email,
    roles,
    active,
    createdAt: timestampFromDate(created_at),
    updatedAt: timestampFromDate(updated_at),
  };
}
