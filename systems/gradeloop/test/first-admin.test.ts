import { describe, expect, test } from "vitest";
import { readSettings } from "../shared/settings.ts";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { restOf } from "./support/rest.ts";

const firstAdmin = { email: "root@example.com", password: "a password that is long" };

describe("a system without users", () => {
  test("begins with the administrator that its operator names, who makes all others", async () => {
    await using system = await startGradeloop({ settings: { seed: false, firstAdmin } });
    const rest = restOf(`${system.addressOf("gateway")}/api/v1`);
    const login = await rest("POST /auth/login", { body: firstAdmin });
    expect(login).toMatchObject({ status: 200 });
    const token = (login.json as { data: { access_token: string } }).data.access_token;
    const headers = { authorization: `Bearer ${token}` };
    const body = { name: "Ada", email: "ada@example.com", password: "another long password", roles: ["instructor"] };
    expect(await rest("POST /users", { headers, body })).toMatchObject({ status: 201 });
    expect(await rest("GET /users", { headers })).toMatchObject({
      json: {
        data: expect.arrayContaining([expect.objectContaining({ email: "root@example.com", roles: ["admin"] })]),
      },
    });
  });

  test.each([
    ["an address that is none", { ...firstAdmin, email: "root" }, 'ADMIN_EMAIL must be an e-mail address, got "root"'],
    [
      "a password too short for any user",
      { ...firstAdmin, password: "short" },
      "ADMIN_PASSWORD must have at least 12 characters, got 5",
    ],
  ])("does not start with %s", async (_, admin, message) => {
    await expect(startGradeloop({ settings: { seed: false, firstAdmin: admin } })).rejects.toThrow(message);
  });
});

test("no administrator is made where neither variable is set, and one alone is a mistake that the start reports", () => {
  expect(readSettings({}).firstAdmin).toBeUndefined();
  expect(readSettings({ ADMIN_EMAIL: "", ADMIN_PASSWORD: "" }).firstAdmin).toBeUndefined();
  expect(readSettings({ ADMIN_EMAIL: "root@example.com" }).firstAdmin).toEqual({
    email: "root@example.com",
    password: "",
  });
});
