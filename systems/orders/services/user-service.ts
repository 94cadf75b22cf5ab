import { defineService } from "parleyjs";
import { UserService } from "../gen/users/v1/users_pb.ts";
import { createUserStore } from "../users/user-store.ts";

export const userService = defineService({
  name: "user-service",
  port: 50051,
  implements: UserService,
  database: { name: "userdb", migrations: new URL("../migrations/userdb", import.meta.url) },

  setup({ db }) {
    const users = createUserStore(db);

    return {
      methods: {
        async createUser(request) {
          return { user: await users.insert(request), message: "User created successfully" };
        },

        async getUser({ id }) {
          return { user: await users.get(id) };
        },

        async listUsers({ pageSize, pageToken }) {
          const { items, nextPageToken } = await users.list({ pageSize, pageToken });
          return { users: items, nextPageToken };
        },

        async updateUser(request) {
          return { user: await users.update(request.id, request), message: "User updated successfully" };
        },

        async deleteUser({ id }) {
          await users.remove(id);
          return {};
        },

        async validateUser({ userId }) {
          const user = await users.find(userId);
          return user ? { isValid: true, user } : { isValid: false };
        },
      },
    };
  },
});
