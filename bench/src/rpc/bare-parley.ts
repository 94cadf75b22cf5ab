import { createChannel, createClient, createServer, implement } from "@parley/rpc";
import { connectHttp2, connectNodeHttp2 } from "@parley/rpc/internal";
import { UserService } from "../../../systems/orders/gen/users/v1/users_pb.ts";
import { usersImplementation } from "../contract/parley-users.ts";
import { SAMPLE_USER } from "../contract/sample-user.ts";
import { checkUser } from "./answers.ts";
import type { RpcLayer } from "./peer.ts";

/** Parley with nothing switched on, over its own HTTP/2 or Node's. */
export function createBarePeer(http2: "parley" | "node"): RpcLayer {
  return {
    async serve() {
      const server = createServer({ services: [implement(UserService, usersImplementation)], validate: false, http2 });
      return (await server.listen({ port: 0, host: "127.0.0.1" })).port;
    },
    async connect(port) {
      const connect = http2 === "node" ? connectNodeHttp2 : connectHttp2;
      const client = createClient(UserService, createChannel({ target: `127.0.0.1:${port}`, connect }));
      const { id } = SAMPLE_USER;
      return { getUser: async () => checkUser((await client.getUser({ id })).user, id) };
    },
  };
}
