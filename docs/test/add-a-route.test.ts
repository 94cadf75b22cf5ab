import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { readPolicy } from "@parley/runtime/internal";
import { startForTest } from "@parley/runtime/testing";
import { defineSystem } from "parleyjs";
import { expect, test } from "vitest";
import { orders } from "../../systems/orders/test/support/loaded-system.ts";
import { gateway } from "../examples/own-routes.ts";
import { blocksOf } from "./page.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/add-a-route.md", ROOT), "utf8");

test.each(
  blocksOf(PAGE).flatMap(({ info, line, text }) => {
    const [, file] = info.split(" ");
    return file?.includes("/") ? [{ line, file, text }] : [];
  }),
)("line $line shows what stands in $file", ({ file, text }) => {
  expect(readFileSync(new URL(file, ROOT), "utf8")).toContain(text);
});

test("the policy of the page is one that is read", async () => {
  const text = blocksOf(PAGE).find(({ info }) => info === "yaml")?.text ?? "";
  expect((await readPolicy(text, "policy.yaml")).problems).toEqual([]);
});

test("the routes of the page answer as it says", { timeout: 60_000 }, async () => {
  const { kind: _, ...rest } = orders.definition;
  const definition = defineSystem({ ...rest, gateways: [gateway] });
  await using system = await startForTest({ ...orders, definition });
  const url = system.addressOf("api-gateway");
  const stored = await fetch(`${url}/uploads/a`, { method: "POST", body: "a file" });
  expect(stored.headers.get("x-served-by")).toBe("api");
  expect(await stored.json()).toEqual({ sha256: createHash("sha256").update("a file").digest("hex") });
  const send = (body: string, signature: string) =>
    fetch(`${url}/webhooks/payments`, {
      method: "POST",
      body,
      headers: { "x-signature": signature, "content-type": "application/json" },
    });
  const sign = (body: string) => createHmac("sha256", "a shared secret").update(body).digest("hex");
  expect((await send('{"id":"1"}', sign('{"id":"1"}'))).status).toBe(204);
  expect((await send('{"id":"2"}', sign('{"id":"1"}'))).status).toBe(401);
  expect((await send("{}", sign("{}"))).status).toBe(400);
  const made = await fetch(`${url}/users`, {
    method: "POST",
    body: JSON.stringify({ name: "Ada", email: "ada@example.com" }),
    headers: { "content-type": "application/json" },
  });
  expect(made.status).toBe(201);
  expect(await (await fetch(`${url}/hello/1`)).text()).toBe("<h1>Hello, Ada</h1>");
  expect(await (await fetch(`${url}/export`)).text()).toBe("line 1\nline 2\nline 3\n");
  const { paths } = (await (await fetch(`${url}/docs/openapi.json`)).json()) as { paths: object };
  expect(Object.keys(paths)).toContain("/uploads/{name}");
});
