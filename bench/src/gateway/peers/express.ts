import type { AddressInfo } from "node:net";
import { devNull } from "node:os";
import express from "express";
import { jwtVerify } from "jose";
import { destination, pino } from "pino";
import { createGrpcJsClient } from "../../contract/grpc-js-users.ts";
import { CALL_TIMEOUT_MS, type GatewayPeer } from "../peer.ts";
import { JWT_SECRET } from "../token.ts";
import { parseId, toHttpStatus, toJsonUser } from "../translate.ts";

/** Express and grpc-js, translated by hand: what a team writes without a framework, with a line of log per request. */
export const peer: GatewayPeer = {
  async serve(backendPort, auth) {
    const users = createGrpcJsClient(backendPort);
    const logger = pino(destination({ dest: devNull, sync: false, minLength: 4_096 }));
    const app = express();
    app.disable("x-powered-by");
    app.use((request, response, next) => {
      const startMs = performance.now();
      response.on("finish", () => {
        logger.info({
          method: request.method,
          path: request.path,
          status: response.statusCode,
          durationMs: performance.now() - startMs,
        });
      });
      next();
    });
    if (auth === "on") {
      const secret = new TextEncoder().encode(JWT_SECRET);
      app.use(async (request, response, next) => {
        const token = request.headers.authorization?.replace(/^Bearer /, "");
        if (token === undefined) return void response.status(401).json({ error: "Unauthorized" });
        try {
          await jwtVerify(token, secret, { algorithms: ["HS256"] });
        } catch {
          return void response.status(403).json({ error: "Forbidden" });
        }
        next();
      });
    }
    app.get("/users/:id", (request, response) => {
      const id = parseId(request.params.id);
      if (id === undefined) return void response.status(400).json({ error: "id must be an integer" });
      users.getUser({ id }, { deadline: Date.now() + CALL_TIMEOUT_MS }, (error, reply) => {
        if (error || !reply)
          return void response.status(error ? toHttpStatus(error) : 500).json({ error: error?.details });
        response.json({ user: toJsonUser(reply.user) });
      });
    });
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return (server.address() as AddressInfo).port;
  },
};
