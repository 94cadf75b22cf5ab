import { expect, test } from "vitest";
import { createPasswords } from "../iam/password.ts";

const cheap = { logN: 10, r: 8, p: 1 };

test("a hash tells its own cost, and two of one password differ", async () => {
  const passwords = createPasswords(cheap);
  const [one, two] = [await passwords.hash("secret"), await passwords.hash("secret")];
  expect(one).toMatch(/^scrypt\$10\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(one).not.toBe(two);
  // Verified also after the cost of new ones was raised.
  const raised = createPasswords({ logN: 11, r: 8, p: 1 });
  expect([await raised.verify("secret", one), await raised.verify("Secret", one)]).toEqual([true, false]);
});

test("one password is one, however its letters are composed", async () => {
  const passwords = createPasswords(cheap);
  expect(await passwords.verify("cafe\u0301", await passwords.hash("caf\u00e9"))).toBe(true);
});

test("nobody's password is none, and takes as long to find out", async () => {
  const passwords = createPasswords({ logN: 14, r: 8, p: 1 });
  const stored = await passwords.hash("secret");
  const timeOf = async (known: string | undefined): Promise<number> => {
    const times: number[] = [];
    for (let at = 0; at < 9; at++) {
      const start = performance.now();
      expect(await passwords.verify("guess", known)).toBe(false);
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  };
  const ratio = (await timeOf(undefined)) / (await timeOf(stored));
  expect(ratio).toBeGreaterThan(0.3);
  expect(ratio).toBeLessThan(3);
});

test("more than can be served soon are told so, and the others are served", async () => {
  const passwords = createPasswords(cheap);
  const results = await Promise.allSettled(Array.from({ length: 80 }, () => passwords.hash("x")));
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(80 - 2 - 64);
  expect(refused[0]?.reason).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  expect(await passwords.verify("x", await passwords.hash("x"))).toBe(true);
});
