import { setTimeout as sleep } from "node:timers/promises";
import { createManualClock, type ManualClock } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { rawServer, settings } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { type CancelledCall, CancelPacer } from "../../src/connection/cancel-pacer.ts";
import { connectNodeHttp2 } from "../../src/connection/connect-http2.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { connect, unary } from "../support/connection.ts";
import { createRig, echoing, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(rig.end);

describe("resets are paced", () => {
  function paced(limit?: { burst: number; perSecond: number }): {
    pacer: CancelPacer;
    clock: ManualClock;
    reset: number[];
    calls: CancelledCall[];
  } {
    const clock = createManualClock();
    const reset: number[] = [];
    const calls = Array.from(
      { length: 2_000 },
      (_, index): CancelledCall => ({
        cancelPlace: undefined,
        resetNow: () => void reset.push(index),
      }),
    );
    return { pacer: new CancelPacer(clock, () => limit), clock, reset, calls };
  }

  test("within half of the burst at once, and four fifths of the rate after it, in their order", () => {
    const { pacer, clock, reset, calls } = paced({ burst: 100, perSecond: 100 });
    for (const call of calls.slice(0, 200)) pacer.cancel(call);
    expect([reset.length, pacer.waiting]).toEqual([50, 150]);
    for (let tenth = 0; tenth < 10; tenth++) clock.advance(100);
    expect(reset.length).toBeGreaterThanOrEqual(50 + 75);
    expect(reset.length).toBeLessThanOrEqual(50 + 80);
    expect(reset).toEqual(reset.map((_, index) => index));
  });

  test("a peer that says nothing gets no more than nghttp2 takes", () => {
    const { pacer, clock, reset, calls } = paced();
    for (const call of calls) pacer.cancel(call);
    expect(reset.length).toBe(500);
    for (let second = 0; second < 10; second++) clock.advance(1_000);
    expect(reset.length).toBeLessThanOrEqual(1_000);
  });

  test("a call that has ended by itself is not reset, and leaves its place", () => {
    const { pacer, clock, reset, calls } = paced({ burst: 2, perSecond: 1 });
    for (const call of calls.slice(0, 3)) pacer.cancel(call);
    pacer.remove(calls[1] as CancelledCall);
    clock.advance(60_000);
    expect(reset).toEqual([0, 2]);
    expect(pacer.waiting).toBe(0);
  });
});

test("a call that waits for its reset keeps its place at the server until it ends", async () => {
  const server = await rawServer((peer) => peer.send(settings([3, 10], [0xf0a0, 2], [0xf0a1, 1])));
  const connection = await connect(server.port);
  const controllers = Array.from({ length: 3 }, () => new AbortController());
  const calls = controllers.map(({ signal }) =>
    unary(connection, {}, { context: { ...deriveContext({ timeoutMs: 60_000 }), signal } }).catch(({ code }) => code),
  );
  for (const controller of controllers) controller.abort();
  expect(await Promise.all(calls)).toEqual(["CANCELLED", "CANCELLED", "CANCELLED"]);
  expect(connection.load.active).toBe(2); // one was reset at once
  await connection.close({ graceMs: 60_000 }); // and cancelled calls are not waited for
  expect(connection.load.active).toBe(0);
  server.close();
});

test("calls that were cancelled and still run take no call of others: those go over another connection", async () => {
  const release = Promise.withResolvers<void>();
  let running = 0;
  const { target } = await rig.serve({
    maxConcurrentStreams: 10,
    services: [
      echoing({
        async echo({ text }) {
          running += 1;
          if (text !== "stays") await release.promise; // and heeds no signal
          return { text };
        },
      }),
    ],
  });
  const client = createClient(EchoService, rig.open({ target, policy: policyWith({ retry: NO_RETRY }) }));
  const controllers = Array.from({ length: 10 }, () => new AbortController());
  const leaving = controllers.map(({ signal }) => client.echo({}, { signal }).catch(({ code }) => code));
  while (running < 10) await sleep(1);
  for (const controller of controllers) controller.abort();
  expect(new Set(await Promise.all(leaving))).toEqual(new Set(["CANCELLED"]));
  const others = await Promise.all(Array.from({ length: 20 }, () => client.echo({ text: "stays" })));
  expect(others.length).toBe(20);
  release.resolve();
});

describe.each([
  ["our server", "parley", {}, 60],
  ["our server, whose methods are slow", "parley", {}, 1_500],
  ["node:http2's server", "node", {}, 60],
  ["node:http2's server, whose methods are slow", "node", {}, 1_500],
  ["node:http2's server, by node:http2's client", "node", { connect: connectNodeHttp2 }, 1_500],
] as const)("a thousand clients that leave each second, at %s", (_name, http2, options, slowMs) => {
  test("0 of the others' calls fail", async () => {
    const streamResets = http2 === "node" ? { burst: 1_000, perSecond: 33 } : { burst: 1_000, perSecond: 100 };
    const { target } = await rig.serve({
      http2,
      streamResets,
      services: [
        echoing({
          async echo({ text }, { signal }) {
            await sleep(text === "stays" ? 300 : slowMs, undefined, { signal });
            return { text };
          },
        }),
      ],
    });
    const client = createClient(EchoService, rig.open({ target, policy: policyWith(), ...options }));
    await client.read({});
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    const leaving: Promise<unknown>[] = [];
    const others: Promise<unknown>[] = [];
    // Ten turns of a tenth of a second, three times: 3,000 leave, and each turn ten come that stay.
    for (let turn = 0; turn < 30; turn++) {
      const controllers = Array.from({ length: 100 }, () => new AbortController());
      for (const { signal } of controllers) leaving.push(client.echo({}, { signal }).catch(() => {}));
      for (let other = 0; other < 10; other++) others.push(client.echo({ text: "stays" }).catch(note));
      await sleep(10);
      for (const controller of controllers) controller.abort();
      await sleep(90);
    }
    await Promise.all([...leaving, ...others]);
    expect(failures).toEqual([]);
    expect(await client.read({ text: "after" })).toMatchObject({ text: "after" });
  });
});
