import type { CallEvent, ParleyError } from "@parley/core";
import { DEFAULT_BREAKER } from "@parley/core/internal";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { failure, turn } from "../support/call-contract.ts";
import { createRig, echoing, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

/** Calls without pause from several sides until stopped, and what failed. */
function createLoad(call: () => Promise<unknown>, callers = 16) {
  const failures: ParleyError[] = [];
  let calls = 0;
  let running = true;
  const work = Promise.all(
    Array.from({ length: callers }, async () => {
      while (running) {
        await call().catch((error: ParleyError) => failures.push(error));
        calls += 1;
        await turn(); // calls that fail at once must not keep everything else from running
      }
    }),
  );
  return {
    failures,
    /** Resolves once so many more calls have ended. */
    async more(count: number) {
      const goal = calls + count;
      while (calls < goal) await turn();
    },
    async stop() {
      running = false;
      await work;
    },
  };
}

test.each(["round_robin", "pick_first"] as const)(
  "%s: of two servers one drains under load, and no call fails, not even one that may not be repeated",
  async (loadBalancing) => {
    const slow = echoing({
      echo: async ({ text }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return { text };
      },
    });
    const a = await rig.serve({ services: [slow] });
    const b = await rig.serve({ services: [slow] });
    const channel = rig.open({
      target: `static:${a.target},${b.target}`,
      loadBalancing,
      policy: policyWith({ retry: NO_RETRY }),
    });
    const client = createClient(EchoService, channel);
    const traffic = createLoad(() => client.echo({ text: "x" }));
    await traffic.more(50);
    const outcome = await a.server.drain({ graceMs: 5_000 });
    await traffic.more(50);
    await traffic.stop();
    expect([outcome, ...traffic.failures]).toEqual(["drained"]);
  },
);

test("a server that restarts is found again by the next call", async () => {
  const first = await rig.serve({ services: [echoing()] });
  const channel = rig.open({ target: first.target });
  const client = createClient(EchoService, channel);
  await client.echo({});
  await first.server.drain({ graceMs: 0 });
  await rig.serve({ services: [echoing()] }, first.port);
  expect((await client.echo({ text: "again" })).text).toBe("again");
});

test("a server killed with calls on the way fails them, and only those", async () => {
  const started = Promise.withResolvers<void>();
  const hanging = await rig.serve({
    services: [
      echoing({
        echo: () => {
          started.resolve();
          return new Promise(() => {});
        },
      }),
    ],
  });
  const client = createClient(EchoService, rig.open({ target: hanging.target }));
  const call = failure(client.echo({}));
  await started.promise;
  await hanging.server.drain({ graceMs: 0 });
  expect(await call).toMatchObject({ code: "UNAVAILABLE", progress: "unknown" });
  await rig.serve({ services: [echoing()] }, hanging.port);
  await client.echo({});
});

test("the breaker opens on a dead server, tries it, and closes when it is back", async () => {
  const events: CallEvent[] = [];
  const { server, port, target } = await rig.serve({ services: [echoing()] });
  const channel = rig.open({
    target,
    observe: (event) => events.push(event),
    policy: policyWith({
      retry: NO_RETRY,
      breaker: { ...DEFAULT_BREAKER, minRequests: 5, openMs: 200, halfOpenRequests: 2 },
    }),
  });
  const client = createClient(EchoService, channel);
  await client.echo({});
  await server.drain({ graceMs: 0 });
  const messages = new Set<string>();
  while (!events.some(({ type }) => type === "breaker")) messages.add((await failure(client.echo({}))).message);
  expect((await failure(client.echo({}))).message).toBe(`the circuit breaker for ${target} is open`);
  expect([...messages].join()).toContain(`cannot connect to ${target}`);
  await rig.serve({ services: [echoing()] }, port);
  while (!events.some((event) => event.type === "breaker" && event.to === "closed")) {
    await client.echo({}).catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  }
  await client.echo({});
});

test.each([
  { limit: 1, calls: 10 },
  { limit: 100, calls: 500 },
])("a server that allows $limit calls at once gets $calls, and none is lost", async ({ limit, calls }) => {
  const events: CallEvent[] = [];
  let running = 0;
  let most = 0;
  const { target } = await rig.serve({
    maxConcurrentStreams: limit,
    services: [
      echoing({
        echo: async ({ text }) => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return { text };
        },
      }),
    ],
  });
  const channel = rig.open({
    target,
    connectionsPerAddress: 2,
    observe: (event) => events.push(event),
    policy: policyWith({ retry: NO_RETRY }),
  });
  const client = createClient(EchoService, channel);
  const texts = Array.from({ length: calls }, (_, i) => String(i));
  const replies = await Promise.all(texts.map((text) => client.echo({ text })));
  expect(replies.map(({ text }) => text)).toEqual(texts);
  expect(most).toBeLessThanOrEqual(2 * limit);
  expect(events.filter(({ type }) => type === "queued")).toHaveLength(calls);
});
