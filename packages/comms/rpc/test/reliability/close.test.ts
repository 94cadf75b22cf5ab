import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { failure } from "../support/call-contract.ts";
import { createRig, echoing, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

/** A call that a server has begun and ends when told. */
async function setUp() {
  const begun = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<{ text: string }>();
  const { target } = await rig.serve({
    services: [
      echoing({
        echo: () => {
          begun.resolve();
          return answer.promise;
        },
      }),
    ],
  });
  const channel = rig.open({ target, policy: policyWith({ retry: NO_RETRY }) });
  const client = createClient(EchoService, channel);
  const call = client.echo({});
  await begun.promise;
  return { channel, client, call, answer };
}

test("close lets a call that was sent finish, and takes no other", async () => {
  const { channel, client, call, answer } = await setUp();
  const closed = channel.close({ graceMs: 10_000 });
  expect(await failure(client.echo({}))).toMatchObject({ code: "UNAVAILABLE" });
  answer.resolve({ text: "done" });
  expect((await call).text).toBe("done");
  await closed;
});

test("close cancels what is not done in time", async () => {
  const { channel, call } = await setUp();
  const failed = failure(call);
  await channel.close({ graceMs: 20 });
  expect((await failed).code).toBe("UNAVAILABLE");
});

test("a name with an address that nobody listens on is reached at the other", async () => {
  const { port } = await rig.serve({ services: [echoing()] });
  const channel = rig.open({ target: `dns:///several:${port}`, lookup: async () => ["127.0.0.2", "127.0.0.1"] });
  expect((await createClient(EchoService, channel).echo({ text: "x" })).text).toBe("x");
});

test("a policy that cannot be found fails the call, not its caller", async () => {
  const { target } = await rig.serve({ services: [echoing()] });
  const channel = rig.open({
    target,
    policy: () => {
      throw new TypeError("no such policy");
    },
  });
  await expect(createClient(EchoService, channel).echo({})).rejects.toBeDefined();
});
