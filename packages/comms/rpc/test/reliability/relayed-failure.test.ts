import { ParleyError } from "@parley/core";
import { DEFAULT_BREAKER, DEFAULT_RETRY } from "@parley/core/internal";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

test("a service that works is not blamed, nor asked again, for one behind it that is down", async () => {
  const retry = { ...DEFAULT_RETRY, backoff: { ...DEFAULT_RETRY.backoff, initialMs: 1 } };
  const policy = policyWith({ retry, breaker: { ...DEFAULT_BREAKER, minRequests: 5 } });
  const attempts = { back: 0, front: 0 };
  const back = await rig.serve({
    services: [
      echoing({
        read: () => {
          attempts.back += 1;
          throw new ParleyError("UNAVAILABLE", "down");
        },
      }),
    ],
  });
  const behind = createClient(EchoService, rig.open({ target: back.target, policy: policyWith({ retry }) }));
  const front = await rig.serve({
    services: [
      echoing({
        read: (request) => {
          attempts.front += 1;
          return request.text === "own" ? { text: "fine" } : behind.read(request);
        },
      }),
    ],
  });
  const client = createClient(EchoService, rig.open({ target: front.target, policy }));
  await expect(client.read({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(attempts).toEqual({ back: 3, front: 1 });
  for (let i = 0; i < 20; i++) await expect(client.read({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect((await client.read({ text: "own" })).text).toBe("fine");
});
