import { ParleyError } from "@parley/core";
import { DEFAULT_RETRY } from "@parley/core/internal";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

test("retries of three hops do not multiply while the last one fails", async () => {
  const policy = policyWith({
    retry: { ...DEFAULT_RETRY, maxAttempts: 3, backoff: { ...DEFAULT_RETRY.backoff, initialMs: 1 } },
  });
  let attempts = 0;
  let { target } = await rig.serve({
    services: [
      echoing({
        read: () => {
          attempts += 1;
          throw new ParleyError("UNAVAILABLE", "overloaded");
        },
      }),
    ],
  });
  for (let hop = 0; hop < 2; hop++) {
    const next = createClient(EchoService, rig.open({ target, policy }));
    ({ target } = await rig.serve({ services: [echoing({ read: ({ text }) => next.read({ text }) })] }));
  }
  const client = createClient(EchoService, rig.open({ target, policy }));
  const calls = 200;
  for (let i = 0; i < calls; i++) await expect(client.read({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(attempts / calls).toBeLessThanOrEqual(1.2);
});
