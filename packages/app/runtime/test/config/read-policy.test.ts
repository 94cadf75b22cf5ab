import { expect, test } from "vitest";
import { readPolicy } from "../../src/config/read-policy.ts";

test("a policy is read with its units", async () => {
  const { policy, problems } = await readPolicy(
    `
timeouts: { call: 3s, dial: 500ms }
retry:
  maxAttempts: 5
  codes: [UNAVAILABLE, ABORTED]
breaker: off
limits: { message: 64KiB }
services:
  users.v1.UserService:
    timeout: 1.5s
    breaker: { failureRatio: 0.6 }
    methods:
      GetUser: { timeout: 200ms }
`,
    "policy.yaml",
  );
  expect(problems).toEqual([]);
  expect(policy.timeouts).toEqual({ call: 3_000, dial: 500 });
  expect(policy.retry).toEqual({ maxAttempts: 5, codes: ["UNAVAILABLE", "ABORTED"] });
  expect(policy.breaker).toBe("off");
  expect(policy.limits?.message).toBe(65_536);
  const users = policy.services?.get("users.v1.UserService");
  expect(users?.timeout).toBe(1_500);
  expect(users?.breaker).toEqual({ failureRatio: 0.6 });
  expect(users?.methods?.get("GetUser")?.timeout).toBe(200);
});

test.each([
  ["", "an empty file"],
  ["# nothing\n", "comments alone"],
  ["retry:\n", "an empty section"],
])("%j says nothing: %s", async (text) => {
  expect((await readPolicy(text, "p.yaml")).problems).toEqual([]);
});

test("everything wrong is told, with its place, value and what is allowed", async () => {
  const { problems } = await readPolicy(
    `timeouts:
  cal: 3s
  call: 3
  gateway: 0s
  dial: [1s]
  drain: 9999d
retry:
  maxAttempts: 0
  jitter: ful
  codes: [UNAVAILABLE, NOT_A_CODE]
  multiplier: .inf
breaker: never
limits:
  message: 4MB
  body: 1.5MiB
loadBalancing: Round_Robin
tls: yes
logging: { level: verbose, format: "" }
services: [a]
__proto__: { a: 1 }
`,
    "policy.yaml",
  );
  expect(problems.map(({ source, path, message }) => `${source} ${path} ${message}`)).toMatchInlineSnapshot(`
    [
      "policy.yaml:2:3 timeouts.cal is not a setting (did you mean "call"?); known here: call, gateway, stream, database, dial, drain",
      "policy.yaml:3:9 timeouts.call must be a duration from 1ms to 1d such as 3s or 500ms, got 3",
      "policy.yaml:4:12 timeouts.gateway must be a duration from 1ms to 1d such as 3s or 500ms, got "0s"",
      "policy.yaml:5:9 timeouts.dial must be a duration from 1ms to 1d such as 3s or 500ms, got a list",
      "policy.yaml:6:10 timeouts.drain must be a duration from 1ms to 1d such as 3s or 500ms, got "9999d"",
      "policy.yaml:8:16 retry.maxAttempts must be a whole number from 1 to 10, got 0",
      "policy.yaml:9:11 retry.jitter must be one of full, equal, none, got "ful" (did you mean "full"?)",
      "policy.yaml:10:24 retry.codes[1] must be one of CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED, got "NOT_A_CODE"",
      "policy.yaml:11:15 retry.multiplier must be a number from 1 to 10, got Infinity",
      "policy.yaml:12:10 breaker must be "off" or a section, got "never"",
      "policy.yaml:14:12 limits.message must be a size from 1B to 1GiB such as 64KiB or 4MiB, got "4MB"",
      "policy.yaml:15:9 limits.body must be a size from 1B to 1GiB such as 64KiB or 4MiB, got "1.5MiB"",
      "policy.yaml:16:16 loadBalancing must be one of pick_first, round_robin, got "Round_Robin" (did you mean "round_robin"?)",
      "policy.yaml:17:6 tls must be a section, got "yes"",
      "policy.yaml:18:19 logging.level must be one of debug, info, warn, error, silent, got "verbose"",
      "policy.yaml:18:36 logging.format must be one of json, pretty, got """,
      "policy.yaml:19:11 services must be a section, got a list",
      "policy.yaml:20:1 __proto__ is not a setting; known here: timeouts, retry, breaker, loadBalancing, limits, events, identity, tls, logging, gateways, services",
    ]
  `);
});

test.each([
  ["a: b: c", "a mapping where none can be"],
  ["timeouts: {call: 3s", "a bracket left open"],
  ["retry: {}\nretry: {}", "a setting named twice"],
  ["x: &a [*a]", "an alias within itself"],
  ["timeouts: &a {}\nretry: *a", "an alias"],
  ["- 1\n- 2", "a list"],
  ["just text", "a text"],
  ["--- {}\n--- {}", "two documents"],
  ["\u0000", "a control character"],
])("%j is refused with a place: %s", async (text) => {
  const { problems } = await readPolicy(text, "p.yaml");
  expect(problems.length).toBeGreaterThan(0);
  for (const problem of problems) expect(problem.source).toMatch(/^p\.yaml:\d+:\d+$/);
});
