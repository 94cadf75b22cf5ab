import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("a call whose large answer was taken is not held up to its deadline", async () => {
  const { target } = await rig.serve({ services: [echoing({ read: ({ payload }) => ({ payload }) })] });
  const client = createClient(EchoService, rig.open({ target }));
  const payload = new Uint8Array(2 ** 21);
  const calls = 40;
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let call = 0; call < calls; call++) await client.read({ payload }, { timeoutMs: 600_000 });
  await new Promise((resolve) => setImmediate(resolve)); // the backing stores of what is collected are freed after it
  collect();
  collect();
  const held = process.memoryUsage().arrayBuffers - before;
  expect(held).toBeLessThan((calls * payload.length) / 4);
});
