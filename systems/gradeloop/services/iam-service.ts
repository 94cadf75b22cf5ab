import { defineService, permissionDenied, unauthenticated } from "parleyjs";
import { ACCESS_TOKEN_MS, signAccessToken } from "../iam/access-token.ts";
import { createLoginThrottle } from "../iam/login-throttle.ts";
import { createPasswords } from "../iam/password.ts";
import { createRefreshTokens } from "../iam/refresh-tokens.ts";
import { createSigningKeys } from "../iam/signing-keys.ts";
import { createUserStore, toUser, type UserRow } from "../iam/user-store.ts";
import { makeFirstAdmin } from "../seed/first-admin.ts";
import { seedUsers } from "../seed/users.ts";
import { signedInUser, viewerId } from "../shared/caller.ts";
import { IamService } from "../shared/protos/gen/ts/iam/v1/iam_pb.ts";
import type { Settings } from "../shared/settings.ts";

export const iamService = ({ seed, firstAdmin, passwordCost }: Settings) =>
  defineService({
    name: "iam-service",
    port: 8084,
    implements: IamService,
    database: { name: "iamdb", migrations: new URL("../migrations/iamdb", import.meta.url) },

    async setup({ db, clock, log }) {
      const users = createUserStore(db);
      const passwords = createPasswords(passwordCost);
      const throttle = createLoginThrottle(db, clock);
      const refreshTokens = createRefreshTokens(db, clock);
      const keys = createSigningKeys(db, clock);
      if (firstAdmin) await makeFirstAdmin(db, firstAdmin, { passwords, log });
      else if (seed) await seedUsers(db, { passwords, log });

      const tokensOf = async (user: UserRow, refreshToken: string) => ({
        accessToken: await signAccessToken(user, { keys, clock }),
        tokenType: "Bearer",
        expiresIn: ACCESS_TOKEN_MS / 1_000,
        refreshToken,
      });

      return {
        methods: {
          async login({ email, password }) {
            await throttle.enter(email);
            const user = await users.findByEmail(email);
            const matches = await passwords.verify(password, user?.password);
            if (!user?.active || !matches) throw unauthenticated("the e-mail address or the password is wrong");
            await throttle.succeed(email);
            return { tokens: await tokensOf(user, await refreshTokens.begin(user.id)) };
          },

          async refreshTokens({ refreshToken }) {
            const { userId, token } = await refreshTokens.exchange(refreshToken);
            const user = await users.get(userId);
            if (!user.active) throw unauthenticated("the user may not log in any more");
            return { tokens: await tokensOf(user, token) };
          },

          async logout({ refreshToken }) {
            await refreshTokens.end(refreshToken);
            return {};
          },

          async changePassword({ currentPassword, newPassword }) {
            const user = await users.get(signedInUser().id);
            await throttle.enter(user.email);
            if (!(await passwords.verify(currentPassword, user.password))) {
              throw permissionDenied("the current password is wrong");
            }
            await throttle.succeed(user.email);
            const hash = await passwords.hash(newPassword);
            await db.transaction(async (tx) => {
              await users.setPassword(tx, user.id, hash);
              await refreshTokens.endAll(user.id, tx);
            });
            return {};
          },

          async getPublicKeys() {
            return { keys: [...(await keys.publicKeys())] };
          },

          async rotateKeys({ revoke }) {
            return { keys: [...(await keys.rotate({ revoke }))] };
          },

          async getMe() {
            return { user: toUser(await users.get(signedInUser().id)) };
          },

          async createUser({ name, email, password, roles }) {
            const user = await users.insert({ name, email, roles, password: await passwords.hash(password) });
            return { user: toUser(user) };
          },

          async getUser({ id }) {
            return { user: toUser(await users.get(viewerId(id) ?? id)) };
          },

          async listUsers(request) {
            const { items, pagination } = await users.list(request);
            return { users: items, pagination };
          },

          async updateUser({ id, name, roles, active = true }) {
            const user = await db.transaction(async (tx) => {
              const updated = await users.update(tx, { id, name, roles, active });
              // Access tokens with the old roles end by themselves; new ones are made from what is stored.
              if (!active) await refreshTokens.endAll(id, tx);
              return updated;
            });
            return { user: toUser(user) };
          },

          async batchGetUsers({ ids }) {
            return { users: (await users.getMany(ids)).map(toUser) };
          },
        },
      };
    },
  });
