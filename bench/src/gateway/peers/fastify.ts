import type { AddressInfo } from "node:net";
import { devNull } from "node:os";
import fastify from "fastify";
import { jwtVerify } from "jose";
import { destination } from "pino";
import { createGrpcJsClient } from "../../contract/grpc-js-users.ts";
import { CALL_TIMEOUT_MS, type GatewayPeer } from "../peer.ts";
import { JWT_SECRET } from "../token.ts";
import { parseId, toHttpStatus, toJsonUser } from "../translate.ts";

const text = { type: "string" } as const;
const USER_SCHEMA = {
  type: "object",
  properties: {
    user: {
      type: "object",
      properties: {
        id: { type: "integer" },
        name: text,
        email: text,
        phone: text,
        address: text,
        createdAt: text,
        updatedAt: text,
      },
    },
  },
} as const;

/** Fastify and grpc-js, translated by hand, with the answer's schema declared (Fastify's fast path) and its own log. */
export const peer: GatewayPeer = {
  async serve(backendPort, auth) {
    const users = createGrpcJsClient(backendPort);
    const app = fastify({ logger: { stream: destination({ dest: devNull, sync: false, minLength: 4_096 }) } });
    if (auth === "on") {
      const secret = new TextEncoder().encode(JWT_SECRET);
      app.addHook("onRequest", async (request, reply) => {
        const token = request.headers.authorization?.replace(/^Bearer /, "");
        if (token === undefined) return reply.code(401).send({ error: "Unauthorized" });
        try {
          await jwtVerify(token, secret, { algorithms: ["HS256"] });
        } catch {
          return reply.code(403).send({ error: "Forbidden" });
        }
      });
    }
    app.get<{ Params: { id: string } }>(
      "/users/:id",
      { schema: { response: { 200: USER_SCHEMA } } },
      (request, reply) => {
        const id = parseId(request.params.id);
        if (id === undefined) return void reply.code(400).send({ error: "id must be an integer" });
        users.getUser({ id }, { deadline: Date.now() + CALL_TIMEOUT_MS }, (error, response) => {
          if (error || !response)
            return void reply.code(error ? toHttpStatus(error) : 500).send({ error: error?.details });
          reply.send({ user: toJsonUser(response.user) });
        });
      },
    );
    await app.listen({ port: 0, host: "127.0.0.1" });
    return (app.server.address() as AddressInfo).port;
  },
};
