import { readFileSync } from "node:fs";
import { createSecureServer, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { UserService } from "../../../../systems/orders/gen/users/v1/users_pb.ts";
import { BenchService } from "../../../gen/bench/v1/bench_pb.ts";
import { sampleAnswer } from "../../contract/sample-response.ts";
import { SAMPLE_USER } from "../../contract/sample-user.ts";
import { tickOf } from "../../contract/ticks.ts";
import { checkEcho, checkTicks, checkUser } from "../answers.ts";
import type { RpcPeer } from "../peer.ts";

/** Plain connect-node, speaking gRPC. */
export const peer: RpcPeer = {
  async serve(tls) {
    const handler = connectNodeAdapter({
      routes: (router) =>
        router.service(UserService, { getUser: ({ id }) => sampleAnswer(id) }).service(BenchService, {
          echo: ({ data }) => ({ data }),
          async *watch({ count, stay }, { signal }) {
            for (let number = 1; number <= count; number++) yield tickOf(number);
            if (stay) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          },
        }),
    });
    const server = tls
      ? createSecureServer({ cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) }, handler)
      : createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },
  async connect(port, tls) {
    const transport = createGrpcTransport(
      tls
        ? { baseUrl: `https://127.0.0.1:${port}`, nodeOptions: { ca: readFileSync(tls.caPath) } }
        : { baseUrl: `http://127.0.0.1:${port}` },
    );
    const users = createClient(UserService, transport);
    const bench = createClient(BenchService, transport);
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
