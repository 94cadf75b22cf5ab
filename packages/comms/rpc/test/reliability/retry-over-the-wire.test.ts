import { ParleyError } from "@parley/core";
import { DEFAULT_RETRY } from "@parley/core/internal";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { failure } from "../support/call-contract.ts";
import { createRig, echoing, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

/** A server that fails a number of times with a push-back, and what it saw of each attempt. */
async function setUp(failures: number, pushBack?: string) {
  const seen: { readonly previous: string | undefined; readonly leftMs: number; readonly atMs: number }[] = [];
  const { target } = await rig.serve({
    services: [
      echoing({
        read: ({ text }, context) => {
          const previous = context.header.get("grpc-previous-rpc-attempts");
          seen.push({ previous, leftMs: context.deadlineMs - Date.now(), atMs: performance.now() });
          if (seen.length > failures) return { text };
          if (pushBack !== undefined) context.responseTrailer.set("grpc-retry-pushback-ms", pushBack);
          throw new ParleyError("UNAVAILABLE", "busy");
        },
      }),
    ],
  });
  const retry = { ...DEFAULT_RETRY, maxAttempts: 4, backoff: { ...DEFAULT_RETRY.backoff, initialMs: 10 } };
  return { seen, client: createClient(EchoService, rig.open({ target, policy: policyWith({ retry }) })) };
}

test("the server sees exactly the attempts, each within the deadline of the call", async () => {
  const { seen, client } = await setUp(2);
  expect((await client.read({ text: "x" }, { timeoutMs: 2_000 })).text).toBe("x");
  expect(seen.map(({ previous }) => previous)).toEqual([undefined, "1", "2"]);
  for (const { leftMs } of seen) expect(leftMs).toBeLessThanOrEqual(2_000);
});

test("the server's push-back is heeded", async () => {
  const { seen, client } = await setUp(1, "150");
  await client.read({});
  expect((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(145);
});

test.each(["-1", "soon"])("the push-back %j forbids a retry", async (pushBack) => {
  const { seen, client } = await setUp(9, pushBack);
  expect((await failure(client.read({}))).message).toBe("busy");
  expect(seen).toHaveLength(1);
});
