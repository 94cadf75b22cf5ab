import { createManualClock, type ParleyError } from "@parley/core";
import { expect, test } from "vitest";
import type { Address } from "../../src/connection/connection.ts";
import { createDnsResolver } from "../../src/resolver/dns-resolver.ts";

/** A resolver whose name server answers what the test says, and a way to wait for what it tells. */
function setUp(first: readonly string[] | Error) {
  const clock = createManualClock();
  const told: (readonly Address[] | ParleyError)[] = [];
  let answer = first;
  let lookups = 0;
  let idle = Promise.withResolvers<void>();
  const lookup = async () => {
    lookups += 1;
    setImmediate(() => idle.resolve());
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const resolver = createDnsResolver({ address: { host: "users", port: 7 }, lookup, clock });
  resolver.start({ onAddresses: (addresses) => told.push(addresses), onError: (error) => told.push(error) });
  return {
    clock,
    told,
    resolver,
    answerWith: (next: readonly string[] | Error) => {
      answer = next;
    },
    lookups: () => lookups,
    settled: async () => {
      await idle.promise;
      idle = Promise.withResolvers();
    },
  };
}

test("tells every address once, and again only when the set changes", async () => {
  const { clock, told, settled, answerWith, lookups } = setUp(["10.0.0.2", "10.0.0.1", "10.0.0.2"]);
  await settled();
  expect(told).toEqual([
    [
      { host: "10.0.0.2", port: 7 },
      { host: "10.0.0.1", port: 7 },
    ],
  ]);
  answerWith(["10.0.0.1", "10.0.0.2"]);
  clock.advance(60_000);
  await settled();
  expect([lookups(), told.length]).toEqual([2, 1]);
  answerWith(["10.0.0.3"]);
  clock.advance(60_000);
  await settled();
  expect(told.at(-1)).toEqual([{ host: "10.0.0.3", port: 7 }]);
});

test("a storm of lost connections asks once in 30 s", async () => {
  const { clock, resolver, settled, lookups } = setUp(["10.0.0.1"]);
  await settled();
  for (let i = 0; i < 100; i++) resolver.refresh();
  expect(lookups()).toBe(1);
  clock.advance(30_000);
  for (let i = 0; i < 100; i++) resolver.refresh();
  await settled();
  expect(lookups()).toBe(2);
});

test("while no address can be reached the name is looked up each 3 s, so that a new address is found in time", async () => {
  const { clock, told, resolver, settled, lookups, answerWith } = setUp(["10.0.0.1"]);
  await settled();
  answerWith(["10.0.0.9"]);
  clock.advance(2_999);
  for (let i = 0; i < 100; i++) resolver.refresh("urgent");
  expect(lookups()).toBe(1);
  clock.advance(1);
  for (let i = 0; i < 100; i++) resolver.refresh("urgent");
  await settled();
  expect([lookups(), told.at(-1)]).toEqual([2, [{ host: "10.0.0.9", port: 7 }]]);
});

test("a failed lookup keeps the addresses; without any, it is UNAVAILABLE and asked again after a second", async () => {
  const { clock, told, resolver, settled, answerWith } = setUp(new Error("ENOTFOUND users"));
  await settled();
  expect(told[0]).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
  expect(told[0]).toHaveProperty("message", "cannot resolve users: ENOTFOUND users");
  answerWith(["10.0.0.1"]);
  clock.advance(1_000);
  resolver.refresh();
  await settled();
  expect(told.at(-1)).toEqual([{ host: "10.0.0.1", port: 7 }]);
  answerWith(new Error("SERVFAIL"));
  clock.advance(60_000);
  await settled();
  expect(told.length).toBe(2);
});

test("a name server that never answers is given up after 5 s", async () => {
  const clock = createManualClock();
  const { promise, resolve } = Promise.withResolvers<ParleyError>();
  const resolver = createDnsResolver({
    address: { host: "users", port: 7 },
    lookup: () => new Promise(() => {}),
    clock,
  });
  resolver.start({ onAddresses: () => {}, onError: resolve });
  clock.advance(5_000);
  expect((await promise).message).toBe("cannot resolve users: no answer within 5000 ms");
  resolver.close();
});

test("nothing is left behind after close", async () => {
  const { clock, resolver, settled } = setUp(["10.0.0.1"]);
  await settled();
  resolver.close();
  expect(clock.pending()).toBe(0);
});
