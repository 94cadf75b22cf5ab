import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { emailOf, logIn, type Tokens } from "./support/people.ts";
import { restOf } from "./support/rest.ts";

const system = await startGradeloop();
afterAll(() => system[Symbol.asyncDispose]());
const gateway = system.addressOf("gateway");
const people = await logIn(gateway, ["grace", "alan"]);
const { as, done } = people;
const rest = restOf(`${gateway}/api/v1`);
const PASSWORD = "a password that is long";

/** A user of its own, so that what a test does to it disturbs no other. */
async function newUser(roles: readonly string[] = ["student"]) {
  const email = `${crypto.randomUUID()}@example.com`;
  const user = await done<{ id: string }>("grace", 201, "POST /users", {
    name: "Someone",
    email,
    password: PASSWORD,
    roles,
  });
  return { ...user, email };
}
const enter = (email: string, password = PASSWORD) => rest("POST /auth/login", { body: { email, password } });
const tokensFor = async (email: string): Promise<Tokens> => {
  const answer = await enter(email);
  expect(answer).toMatchObject({ status: 200 });
  return (answer.json as { data: Tokens }).data;
};
const refresh = (token: string) => rest("POST /auth/refresh", { body: { refresh_token: token } });
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("an access token", () => {
  test("is signed with a key that everybody can read, and ends within minutes", async () => {
    const { access_token, token_type, expires_in } = await tokensFor((await newUser(["student", "instructor"])).email);
    expect({ token_type, expires_in }).toEqual({ token_type: "Bearer", expires_in: 900 });
    // As any reader of key sets does: the answer stands in no envelope.
    for (const path of ["/auth/jwks", "/.well-known/jwks.json"]) {
      const keys = createRemoteJWKSet(new URL(`${gateway}/api/v1${path}`));
      const { payload } = await jwtVerify(access_token, keys, {
        issuer: "gradeloop",
        audience: "gradeloop",
        algorithms: ["ES256"],
      });
      expect(payload).toMatchObject({ roles: ["student", "instructor"], exp: (payload.iat ?? 0) + 900 });
    }
  });

  test.each([
    ["made up", "x.y.z"],
    ["of no signature", `${btoa('{"alg":"none"}')}.${btoa('{"sub":"grace","roles":["admin"]}')}.`],
  ])("that is %s opens nothing", async (_, token) => {
    expect(await rest("GET /courses", bearer(token))).toMatchObject({
      status: 401,
      json: { error: { code: "UNAUTHORIZED" } },
    });
  });
});

describe("a log-in", () => {
  test.each([
    ["a wrong password", emailOf("alan"), "not the password"],
    ["an address that nobody has", "nobody@example.com", "not the password"],
  ])("with %s fails in the same words", async (_, email, password) => {
    expect(await enter(email, password)).toMatchObject({
      status: 401,
      json: { error: { code: "UNAUTHORIZED", message: "the e-mail address or the password is wrong" } },
    });
  });

  test("does not mind how the address is written", async () => {
    const { email } = await newUser();
    expect(await enter(email.toUpperCase())).toMatchObject({ status: 200 });
  });

  test("is slowed down after five failures, and says for how long", async () => {
    const { email } = await newUser();
    const wrong = await Promise.all(Array.from({ length: 8 }, () => enter(email, "wrong")));
    expect(wrong.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const slowed = wrong.find(({ status }) => status === 429);
    expect(slowed?.json).toMatchObject({ error: { code: "RESOURCE_EXHAUSTED" } });
    expect(Number(slowed?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await enter(emailOf("alan"), "gradeloop-dev")).toMatchObject({ status: 200 });
  });

  test("is over for who may not enter any more", async () => {
    const { id, email } = await newUser();
    const { refresh_token } = await tokensFor(email);
    await done("grace", 200, `PUT /users/${id}`, { name: "Someone", roles: ["student"], active: false });
    expect(await enter(email)).toMatchObject({ status: 401 });
    expect(await refresh(refresh_token)).toMatchObject({ status: 401 });
  });
});

describe("a refresh token", () => {
  test("gives new tokens once, with the roles of now", async () => {
    const { id, email } = await newUser();
    const first = await tokensFor(email);
    await done("grace", 200, `PUT /users/${id}`, { name: "Someone", roles: ["instructor"], active: true });
    const answer = await refresh(first.refresh_token);
    expect(answer.status).toBe(200);
    const { access_token, refresh_token } = (answer.json as { data: Tokens }).data;
    expect(refresh_token).not.toBe(first.refresh_token);
    expect(await rest("GET /auth/me", bearer(access_token))).toMatchObject({
      json: { data: { id, roles: ["instructor"] } },
    });
    const body = { title: "New", code: crypto.randomUUID().slice(0, 8), semester_id: 1 };
    expect(await rest("POST /courses", { body, ...bearer(access_token) })).toMatchObject({ status: 201 });
  });

  test("that is used twice ends the whole log-in, and no other", async () => {
    const { email } = await newUser();
    const [first, other] = [await tokensFor(email), await tokensFor(email)];
    const second = ((await refresh(first.refresh_token)).json as { data: Tokens }).data;
    expect(await refresh(first.refresh_token)).toMatchObject({ status: 401 });
    expect(await refresh(second.refresh_token)).toMatchObject({ status: 401 });
    expect(await refresh(other.refresh_token)).toMatchObject({ status: 200 });
  });

  test("is exchanged for one, however many ask at once", async () => {
    const { refresh_token } = await tokensFor((await newUser()).email);
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refresh_token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)]);
  });

  test.each(["nothing-of-the-kind", "", "x".repeat(201)])("that is none gives nothing: %j", async (token) => {
    expect([400, 401]).toContain((await refresh(token)).status);
  });

  test("ends with a log-out, which can be repeated", async () => {
    const { refresh_token } = await tokensFor((await newUser()).email);
    for (const _ of [1, 2]) {
      expect(await rest("POST /auth/logout", { body: { refresh_token } })).toMatchObject({ status: 204 });
    }
    expect(await refresh(refresh_token)).toMatchObject({ status: 401 });
  });
});

test("a new password ends all log-ins, and is the only one that counts", async () => {
  const { email } = await newUser();
  const { access_token, refresh_token } = await tokensFor(email);
  const change = (current_password: string) =>
    rest("POST /auth/password", {
      body: { current_password, new_password: "another long password" },
      ...bearer(access_token),
    });
  expect(await change("wrong")).toMatchObject({ status: 403 });
  expect(await change(PASSWORD)).toMatchObject({ status: 204 });
  expect(await refresh(refresh_token)).toMatchObject({ status: 401 });
  expect(await enter(email)).toMatchObject({ status: 401 });
  expect(await enter(email, "another long password")).toMatchObject({ status: 200 });
});

test("an address is one person's, whoever asks at once", async () => {
  const body = { name: "Twin", email: `${crypto.randomUUID()}@example.com`, password: PASSWORD, roles: ["student"] };
  const answers = await Promise.all(Array.from({ length: 6 }, () => as("grace")("POST /users", { body })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
});

test("users come a page at a time", async () => {
  const { json } = await as("grace")("GET /users?page_size=2");
  const first = json as { data: { id: string }[]; pagination: { next_page_token: string } };
  expect(first.data).toHaveLength(2);
  const second = await as("grace")(`GET /users?page_size=2&page_token=${first.pagination.next_page_token}`);
  const ids = (second.json as { data: { id: string }[] }).data.map(({ id }) => id);
  expect(ids.every((id) => id > (first.data[1]?.id ?? ""))).toBe(true);
});

test("a new key is shown before it signs, so that no token is refused", async () => {
  const { keys } = await done<{ keys: { kid: string }[] }>("grace", 200, "POST /auth/keys/rotate", {});
  expect(keys).toHaveLength(2);
  expect(await rest("GET /auth/jwks")).toMatchObject({ status: 200, json: { keys } });
  const { access_token } = await tokensFor((await newUser()).email);
  expect(decodeProtectedHeader(access_token).kid).toBe(keys[0]?.kid);
  expect(await rest("GET /auth/me", bearer(access_token))).toMatchObject({ status: 200 });
});
