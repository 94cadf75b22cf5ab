import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { verifyWebhook } from "@parley/webhooks";
import { afterAll, expect, test, vi } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { logIn } from "./support/people.ts";
import { assign, published } from "./support/things.ts";

interface Webhook {
  readonly id: string;
  readonly secret: string;
}

const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let status = 204;
/** An outside system. */
const receiver = createServer(async (request, response) => {
  received.push({ headers: request.headers, body: await text(request) });
  response.writeHead(status).end();
});
receiver.listen(0, "127.0.0.1");
await once(receiver, "listening");
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;

const system = await startGradeloop();
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  receiver.closeAllConnections();
  receiver.close();
});
const people = await logIn(system.addressOf("gateway"), ["grace", "ada", "alan"]);
const { as, done } = people;

/** Enough for a loaded machine, and for the first wait after a failure: 5 s. */
const patience = { timeout: 20_000, interval: 50 };

test("an outside system is told, signed, and again if it fails", async () => {
  const hook = await done<Webhook>("grace", 201, "POST /webhooks", { url, events: ["assignments.created"] });
  expect(hook).toMatchObject({
    url,
    events: ["assignments.created"],
    active: true,
    secret: expect.stringMatching(/^whsec_/),
  });
  status = 500;
  const assignment = await assign(people, await published(people), { title: "Told" });
  await vi.waitFor(() => expect(received).toHaveLength(1), patience);
  status = 204;
  await vi.waitFor(() => expect(received).toHaveLength(2), patience);
  for (const { headers, body } of received) {
    verifyWebhook(headers, body, { secret: hook.secret, nowMs: Date.now() });
    expect(JSON.parse(body)).toEqual({
      type: "assignments.created",
      timestamp: expect.any(String),
      data: {
        assignment_id: assignment.id,
        course_id: assignment.course_id,
        title: "Told",
        due_date: assignment.due_date,
      },
    });
  }
  expect(received[0]?.headers["webhook-id"]).toBe(received[1]?.headers["webhook-id"]);
  await vi.waitFor(async () => {
    expect(await done("grace", 200, `GET /webhooks/${hook.id}/deliveries`)).toMatchObject([
      { event: "assignments.created", state: "DELIVERED", attempts: [{ status: 500 }, { status: 204 }] },
    ]);
  }, patience);

  const listed = await done<Webhook[]>("grace", 200, "GET /webhooks");
  expect(listed).toMatchObject([{ id: hook.id, secret: "" }]);
  const rotated = await done<Webhook>("grace", 200, `POST /webhooks/${hook.id}/rotate-secret`, {});
  expect(rotated.secret).not.toBe(hook.secret);
  expect(await as("grace")(`DELETE /webhooks/${hook.id}`)).toMatchObject({ status: 204 });
  expect(await as("grace")(`DELETE /webhooks/${hook.id}`)).toMatchObject({ status: 404 });
});

test.each([
  ["an event that there is not", { url, events: ["courses.painted"] }, "events"],
  ["no events", { url, events: [] }, "events"],
  ["no URL", { url: "nowhere", events: ["courses.published"] }, "url"],
  ["a URL with a password", { url: "https://a:b@example.com/", events: ["courses.published"] }, "url"],
])("%s is refused", async (_, body, field) => {
  expect(await as("grace")("POST /webhooks", { body })).toMatchObject({
    status: 400,
    json: { error: { details: [{ field }] } },
  });
});

test("webhooks are the admins' alone", async () => {
  for (const line of ["GET /webhooks", "POST /webhooks", "DELETE /webhooks/x", "GET /webhooks/x/deliveries"]) {
    for (const [person, expected] of [
      ["nobody", 401],
      ["ada", 403],
      ["alan", 403],
    ] as const) {
      const answer = await as(person)(
        line,
        line.startsWith("POST") ? { body: { url, events: ["courses.published"] } } : {},
      );
      expect([line, person, answer.status]).toEqual([line, person, expected]);
    }
  }
});
