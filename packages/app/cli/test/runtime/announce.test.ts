import { announce } from "@parley/runtime";
import { describeEventsPlace } from "@parley/runtime/internal";
import { expect, test } from "vitest";

const parts = [
  { name: "name-service", kind: "service", address: "localhost:50051", port: 50_051 },
  { name: "door", kind: "gateway", address: "http://localhost:3000", port: 3_000 },
] as const;

test("where events go is said under the parts, without a password", () => {
  const url = "nats://ada:s3cr@t@one:4222,ada:s3cr@t@two:4222?tls=on";
  const events = describeEventsPlace({ kind: "broker", transport: "nats", url });
  const lines = announce({ parts, requests: [], tokens: "none", events, startedInMs: 1_900 }).split("\n");
  expect(lines).toEqual([
    "",
    "  name-service  localhost:50051   (gRPC)",
    "  door          http://localhost:3000   (docs: http://localhost:3000/docs)",
    "  events        nats://one:4222,two:4222",
    "",
    "ready in 1.9 s",
    "",
  ]);
});

test("a link to the documentation is printed for those who can open it", () => {
  const doorOf = (docs: "public" | "token" | "none") =>
    announce({ parts, requests: [], tokens: "asked", docs: { door: docs }, startedInMs: 0 }).split("\n")[2];
  expect(doorOf("public")).toBe("  door          http://localhost:3000   (docs: http://localhost:3000/docs)");
  expect(doorOf("token")).toBe(
    "  door          http://localhost:3000   (docs, with a token: http://localhost:3000/docs)",
  );
  expect(doorOf("none")).toBe("  door          http://localhost:3000");
});

test("a system without events says nothing of them", () => {
  expect(announce({ parts, requests: [], tokens: "none", startedInMs: 0 })).not.toContain("events");
});
