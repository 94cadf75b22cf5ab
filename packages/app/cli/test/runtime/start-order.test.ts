import type { DescService } from "@bufbuild/protobuf";
import { startOrder } from "@parley/runtime/internal";
import type { ServiceDefinition } from "parleyjs";
import { expect, test } from "vitest";

/** A contract is only its name here. */
const contract = (name: string): DescService => ({ typeName: name }) as DescService;

const orderOf = (calls: Readonly<Record<string, readonly string[]>>) => {
  const services = Object.entries(calls).map(
    ([name, called]): ServiceDefinition => ({
      kind: "service",
      name,
      port: 0,
      implements: [contract(name)],
      calls: new Map(called.map((callee) => [callee, contract(callee)])),
      database: undefined,
      publishes: [],
      subscribes: [],
      queues: [],
      requests: [],
      responds: [],
      setup: async () => ({ methods: [], events: [], jobs: [], responders: [] }),
    }),
  );
  return startOrder({ kind: "system", name: "s", services }).map((wave) => wave.map(({ name }) => name));
};

test.each([
  ["alone", { a: [], b: [] }, [["a", "b"]]],
  ["a chain", { a: ["b"], b: ["c"], c: [] }, [["c"], ["b"], ["a"]]],
  ["a service that calls itself", { a: ["a"], b: ["a"] }, [["a"], ["b"]]],
  [
    "a circle starts together, its callers after it",
    { a: ["b"], b: ["c"], c: ["b"], d: [] },
    [["d"], ["b", "c"], ["a"]],
  ],
  [
    "two circles, one above the other",
    { a: ["b", "c"], b: ["a"], c: ["d"], d: ["c"] },
    [
      ["c", "d"],
      ["a", "b"],
    ],
  ],
])("%s", (_name, calls, expected) => {
  expect(orderOf(calls)).toEqual(expected);
});
