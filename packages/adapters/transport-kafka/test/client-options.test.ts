import { expect, test } from "vitest";
import { parseBrokers } from "../src/client-options.ts";

test("kafkas:// asks for TLS and kafka:// does not; a port that is left out is that of the scheme", () => {
  expect(parseBrokers("kafkas://ada:s3%40cret@a,kafkas://b:9193", "me")).toEqual({
    clientId: "me",
    bootstrapBrokers: ["a:9093", "b:9193"],
    sasl: { mechanism: "PLAIN", username: "ada", password: "s3@cret" },
    tls: {},
  });
  expect(parseBrokers("kafka://a,b:9192", "me")).toEqual({ clientId: "me", bootstrapBrokers: ["a:9092", "b:9192"] });
});
