import { expect, test } from "vitest";
import { parseTarget } from "../../src/resolver/target.ts";

test.each([
  ["localhost:50051", { kind: "static", addresses: [{ host: "localhost", port: 50051 }] }],
  ["10.0.0.1:50051", { kind: "static", addresses: [{ host: "10.0.0.1", port: 50051 }] }],
  ["user-service:50051", { kind: "name", address: { host: "user-service", port: 50051 } }],
  ["[::1]:443", { kind: "static", addresses: [{ host: "::1", port: 443 }] }],
  ["dns:///users.internal:50051", { kind: "dns", address: { host: "users.internal", port: 50051 } }],
  ["dns:users:1", { kind: "dns", address: { host: "users", port: 1 } }],
  [
    "static:10.0.0.1:1, [fe80::1%eth0]:2",
    {
      kind: "static",
      addresses: [
        { host: "10.0.0.1", port: 1 },
        { host: "fe80::1%eth0", port: 2 },
      ],
    },
  ],
])("%s is understood", (target, parsed) => {
  expect(parseTarget(target)).toEqual(parsed);
});

test.each([
  ["", "an address is empty"],
  ["localhost", `"localhost" has no port`],
  ["[::1]", `"[::1]" has no port`],
  ["::1:443", `the IPv6 address in "::1:443" needs brackets`],
  ["localhost:http", `the port of "localhost:http" is not a number`],
  ["localhost:0", "the port 0 is not between 1 and 65535"],
  ["localhost:70000", "the port 70000 is not between 1 and 65535"],
  ["http://localhost:1", `the scheme "http" is not known`],
  ["dns://8.8.8.8/users:1", "three slashes must follow dns:"],
  ["static:a:1,", "an address is empty"],
  ["a b:1", `the host of "a b:1" is not a name or an IP address`],
])("%j is refused, with the fault and the forms allowed", (target, fault) => {
  expect(() => parseTarget(target)).toThrow(TypeError);
  expect(() => parseTarget(target)).toThrow(fault);
  expect(() => parseTarget(target)).toThrow(`target ${JSON.stringify(target)} cannot be used`);
  expect(() => parseTarget(target)).toThrow(`use "host:port", "dns:///host:port" or "static:host:port,host:port"`);
});
