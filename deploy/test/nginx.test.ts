import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { hasNginx, nginxResolves, startNginx } from "../../scripts/testing/nginx.ts";
import { startDnsServer } from "./dns-server.ts";

const ORDERS = new URL("../orders/nginx.conf", import.meta.url);
const REALTIME = new URL("../realtime/nginx.conf", import.meta.url);

async function startGateway(address: string, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => response.end(address)).listen(port, address);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

test.for([
  ["orders", ORDERS],
  ["realtime", REALTIME],
] as const)("the nginx.conf of %s looks up every gateway again while it runs", async ([, config]) => {
  const text = await readFile(config, "utf8");
  const servers = text.match(/^ +server [a-z][^;]*;/gm) ?? [];
  expect(servers.length).toBeGreaterThan(1);
  expect(servers.filter((line) => !line.includes(" resolve "))).toEqual([]);
  expect(text).toMatch(/^ {2}resolver .*valid=5s/m);
});

const canResolve = hasNginx() && nginxResolves();
if (!canResolve)
  process.stderr.write("left out: nginx that follows names, which needs nginx 1.27.3 (PARLEY_TEST_NGINX names one)\n");

test.skipIf(!canResolve)("nginx starts while no gateway has an address, and follows one to a new address", async () => {
  await using dns = await startDnsServer();
  const first = await startGateway("127.0.0.2");
  await startGateway("127.0.0.3", first.port);
  await using nginx = await startNginx({
    config: ORDERS,
    probe: "/health",
    replacements: [
      ["access_log /dev/stdout", "access_log access.log"],
      ["resolver 127.0.0.11 valid=5s ipv6=off;", `resolver 127.0.0.1:${dns.port} valid=1s ipv6=off;`],
      ...[1, 2, 3].map((at) => [`api-gateway-${at}:3000`, `gateway-${at}.test:${first.port}`] as const),
    ],
  });
  const ask = async () => (await fetch(`${nginx.origin}/`)).text();
  const until = async (answer: string) => {
    while ((await ask()) !== answer) await new Promise(setImmediate);
  };
  expect(await ask()).toBe('{"error":"service unavailable"}');
  dns.addresses.set("gateway-2.test", "127.0.0.2");
  await until("127.0.0.2");
  dns.addresses.set("gateway-2.test", "127.0.0.3");
  await until("127.0.0.3");
});
