import { createClient } from "@parley/rpc";
import { UserService } from "../../../../systems/orders/gen/users/v1/users_pb.ts";
import { BenchService } from "../../../gen/bench/v1/bench_pb.ts";
import { createParleyChannel, createTelemetry, startParleyServer } from "../../contract/parley-users.ts";
import { SAMPLE_USER } from "../../contract/sample-user.ts";
import { checkEcho, checkTicks, checkUser } from "../answers.ts";
import type { RpcPeer } from "../peer.ts";

/** One for the process, as a service has it. */
const telemetry = createTelemetry("bench", "warn");

/** Parley with every feature on, on both sides. */
export const peer: RpcPeer = {
  serve: (tls) => startParleyServer("warn", tls),
  async connect(port, tls) {
    const channel = createParleyChannel(port, telemetry, { caller: "bench", tls });
    const users = createClient(UserService, channel);
    const bench = createClient(BenchService, channel);
    const { id } = SAMPLE_USER;
    return {
      getUser: async () => checkUser((await users.getUser({ id })).user, id),
      echo: async (data) => checkEcho((await bench.echo({ data })).data, data),
      async readTicks(count) {
        let last: { number: number } | undefined;
        for await (const tick of bench.watch({ count })) last = tick;
        checkTicks(last, count);
      },
      async holdStream() {
        const stream = bench.watch({ count: 1, stay: true })[Symbol.asyncIterator]();
        checkTicks((await stream.next()).value, 1);
        held.push(stream);
      },
    };
  },
};

/** Streams that nobody refers to would be collected. */
const held: unknown[] = [];
