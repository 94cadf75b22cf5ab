import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { alreadyExists, type Executor, isParleyError, notFound } from "parleyjs";
import type { UserSchema } from "../gen/users/v1/users_pb.ts";
import { pageOf, readPage } from "../paging.ts";

type User = MessageInitShape<typeof UserSchema>;

interface UserRow {
  id: number;
  name: string;
  email: string;
  phone: string;
  address: string;
  created_at: Date;
  updated_at: Date;
}

/** What a caller says of a user; the rest is the store's. */
interface Profile {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly address: string;
}

export function createUserStore(db: Executor) {
  const find = async (id: number): Promise<User | undefined> => {
    const { rows } = await db.query<UserRow>("SELECT * FROM users WHERE id = $1", [id]);
    return rows[0] && toUser(rows[0]);
  };

  return {
    find,

    async get(id: number): Promise<User> {
      return existing(await find(id));
    },

    async insert({ name, email, phone, address }: Profile): Promise<User> {
      const { rows } = await refuseTakenEmail(email, () =>
        db.query<UserRow>("INSERT INTO users (name, email, phone, address) VALUES ($1, $2, $3, $4) RETURNING *", [
          name,
          email,
          phone,
          address,
        ]),
      );
      return existing(rows.map(toUser)[0]);
    },

    async update(id: number, { name, email, phone, address }: Profile): Promise<User> {
      const { rows } = await refuseTakenEmail(email, () =>
        db.query<UserRow>(
          `UPDATE users SET name = $2, email = $3, phone = $4, address = $5, updated_at = now()
           WHERE id = $1 RETURNING *`,
          [id, name, email, phone, address],
        ),
      );
      return existing(rows.map(toUser)[0]);
    },

    async remove(id: number): Promise<void> {
      const { rowCount } = await db.query("DELETE FROM users WHERE id = $1", [id]);
      if (rowCount === 0) throw notFound("user");
    },

    async list(request: { pageSize: number; pageToken: string }) {
      const { after, limit } = readPage(request);
      const { rows } = await db.query<UserRow>("SELECT * FROM users WHERE id > $1 ORDER BY id LIMIT $2", [
        after,
        limit + 1,
      ]);
      return pageOf(rows, limit, toUser);
    },
  };
}

function toUser({ created_at, updated_at, ...user }: UserRow): User {
  return { ...user, createdAt: timestampFromDate(created_at), updatedAt: timestampFromDate(updated_at) };
}

function existing(user: User | undefined): User {
  if (!user) throw notFound("user");
  return user;
}

/** Says the one thing that the unique index can mean here. */
async function refuseTakenEmail<T>(email: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isParleyError(error) && error.code === "ALREADY_EXISTS") {
      throw alreadyExists(`email ${email} is already in use`, { cause: error });
    }
    throw error;
  }
}
