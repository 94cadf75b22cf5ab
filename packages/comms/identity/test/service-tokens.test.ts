import { createManualClock } from "@parley/core";
import { expect, test } from "vitest";
import { signServiceToken } from "../src/services/service-token.ts";
import { createServiceTokenSource } from "../src/services/service-token-source.ts";
import { verifyServiceTokens } from "../src/services/verify-service-tokens.ts";

const SECRET = "a secret of the test, long enough for HS256";

function open(nowMs = 1_800_000_000_500) {
  const clock = createManualClock(nowMs);
  const source = createServiceTokenSource({ service: "clerk", secret: SECRET, clock });
  const verify = verifyServiceTokens({ service: "vault", secret: SECRET, clock });
  return { clock, source, verify };
}

test("calls share a token, which is renewed while it still holds for a minute", async () => {
  const { clock, source, verify } = open();
  const first = await source.tokenFor("vault");
  const tokens = new Set<string>([first]);
  for (let second = 0; second < 3_600; second += 10) {
    const token = await source.tokenFor("vault");
    tokens.add(token);
    expect(await verify(token)).toBe("clerk");
    clock.advance(10_000);
  }
  expect(tokens.size).toBe(15); // every four minutes of an hour
  expect(await source.tokenFor("vault")).not.toBe(await source.tokenFor("other"));
});

test("a token ends five minutes after it was made, also where it was verified before", async () => {
  const { clock, source, verify } = open();
  const token = await source.tokenFor("vault");
  expect(await verify(token)).toBe("clerk");
  clock.advance(300_000 + 29_000); // clocks may differ by half a minute
  expect(await verify(token)).toBe("clerk");
  clock.advance(2_000);
  await expect(verify(token)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: "the service token has expired",
  });
});

test("a clock that is half a minute behind is no reason to refuse", async () => {
  const { clock, verify } = open();
  const ahead = createManualClock(clock.now() + 25_000);
  const token = await signServiceToken({ service: "clerk", audience: ["vault"] }, { secret: SECRET, clock: ahead });
  expect(await verify(token)).toBe("clerk");
});

test("while the secret is rotated callees accept the tokens of both, and of the old one no longer once it is gone", async () => {
  const { clock, source } = open();
  const old = createServiceTokenSource({ service: "clerk", secret: "the old secret, long enough as well, so", clock });
  const tokens = [await source.tokenFor("vault"), await old.tokenFor("vault")];
  const callers = (secret: string, acceptedSecrets: readonly string[]) => {
    const verify = verifyServiceTokens({ service: "vault", secret, acceptedSecrets, clock });
    return Promise.all(tokens.map((token) => verify(token).catch(({ code }: { code: string }) => code)));
  };
  expect(await callers(SECRET, ["the old secret, long enough as well, so"])).toEqual(["clerk", "clerk"]);
  expect(await callers("the old secret, long enough as well, so", [SECRET])).toEqual(["clerk", "clerk"]);
  expect(await callers(SECRET, [])).toEqual(["clerk", "UNAUTHENTICATED"]);
});

test("made-up tokens are refused, and none is remembered", async () => {
  const { source, verify } = open();
  const token = await source.tokenFor("vault");
  const cut = token.slice(0, -4);
  const refusals = await Promise.allSettled(Array.from({ length: 2_000 }, (_, i) => verify(cut + String(1_000 + i))));
  expect(refusals.every(({ status }) => status === "rejected")).toBe(true);
  await expect(verify("x".repeat(100_000))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await verify(token)).toBe("clerk");
});
