import {
  createGrpcJsBenchClient,
  createGrpcJsClient,
  type GetUserResponse,
  startGrpcJsServer,
} from "../../contract/grpc-js-users.ts";
import { SAMPLE_USER } from "../../contract/sample-user.ts";
import { checkEcho, checkTicks, checkUser } from "../answers.ts";
import type { RpcPeer } from "../peer.ts";

/** Plain grpc-js: no deadline, no interceptor, no log. */
export const peer: RpcPeer = {
  serve: startGrpcJsServer,
  async connect(port, tls) {
    const users = createGrpcJsClient(port, tls);
    const bench = createGrpcJsBenchClient(port, tls);
    const { id } = SAMPLE_USER;
    return {
      getUser: () =>
        new Promise((resolve, reject) => {
          users.getUser({ id }, (error, response?: GetUserResponse) => {
            if (error) return reject(error);
            checkUser(response?.user, id);
            resolve();
          });
        }),
      echo: (data) =>
        new Promise((resolve, reject) => {
          bench.echo({ data }, (error, response) => {
            if (error) return reject(error);
            checkEcho(response?.data, data);
            resolve();
          });
        }),
      readTicks: (count) =>
        new Promise((resolve, reject) => {
          let last: { number: number } | undefined;
          const stream = bench.watch({ count });
          stream.on("data", (tick) => {
            last = tick;
          });
          stream.on("error", reject);
          stream.on("end", () => {
            checkTicks(last, count);
            resolve();
          });
        }),
      holdStream: () =>
        new Promise((resolve, reject) => {
          const stream = bench.watch({ count: 1, stay: true });
          stream.once("data", () => resolve());
          stream.on("error", reject);
          held.push(stream);
        }),
    };
  },
};

/** Streams that nobody refers to would be collected. */
const held: unknown[] = [];
