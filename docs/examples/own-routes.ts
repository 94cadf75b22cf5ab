import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { defineGateway, type HttpMiddleware, invalidArgument, route, unauthenticated } from "parleyjs";
import { UserService } from "../../systems/orders/gen/users/v1/users_pb.ts";

const upload = route({
  method: "POST",
  template: "/uploads/{name}",
  maxBodyBytes: 10_485_760,
  timeoutMs: 60_000,
  describe: {
    summary: "Stores a file.",
    request: { contentType: "application/octet-stream" },
    response: { status: 201, schema: { type: "object", properties: { sha256: { type: "string" } } } },
  },
  async handle(request, { principal, log }) {
    const hash = createHash("sha256");
    for await (const piece of request.stream()) hash.update(piece);
    log.info({ name: request.params.name, owner: principal?.subject }, "stored");
    return { status: 201, json: { sha256: hash.digest("hex") } };
  },
});

const payments = route({
  method: "POST",
  template: "/webhooks/payments",
  access: "public",
  async handle(request) {
    const expected = createHmac("sha256", "a shared secret")
      .update(await request.bytes())
      .digest();
    const given = Buffer.from(String(request.headers["x-signature"] ?? ""), "hex");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw unauthenticated("wrong signature");
    const { id } = (await request.json()) as { id?: string };
    if (id === undefined) throw invalidArgument({ field: "id", description: "is missing" });
    return undefined; // 204
  },
});

const page = route({
  method: "GET",
  template: "/hello/{id}",
  access: "public",
  async handle(request, { client }) {
    const { user } = await client(UserService).getUser({ id: Number(request.params.id) });
    const headers = { "content-type": "text/html; charset=utf-8" };
    return { headers, body: `<h1>Hello, ${user?.name}</h1>` };
  },
});

async function* lines() {
  for (let line = 1; line <= 3; line++) yield `line ${line}\n`;
}
const download = route({ method: "GET", template: "/export", access: "public", handle: () => ({ body: lines() }) });

const stamp: HttpMiddleware = (next) => async (request, context) => {
  const response = await next(request, context);
  return { ...response, headers: { ...response.headers, "x-served-by": "api" } };
};

export const gateway = defineGateway({
  name: "api-gateway",
  port: 3000,
  routes: [UserService, upload, payments, page, download],
  middleware: [stamp],
});
