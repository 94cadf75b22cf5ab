import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createGrpcServer, createHealthService } from "@parley/rpc";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { fixture, parley, type Running, startParley } from "./support/run-parley.ts";

let service: Running;
let address: string;

beforeAll(async () => {
  const port = await freePort();
  address = `localhost:${port}`;
  const env = { LIBRARY_SERVICE_PORT: String(port) };
  service = startParley(["start", "library-service", "--system", fixture("library")], { env });
  await service.printed("ready");
}, 60_000);
afterAll(async () => void (await service.stop()), 60_000);

test("a service that serves is healthy, and so is one contract of it", async () => {
  expect(await parley(["health", address])).toMatchObject({ exitCode: 0, stdout: "serving\n" });
  const one = await parley(["health", address, "--service", "library.v1.LibraryService", "--json"]);
  expect(one.exitCode).toBe(0);
  expect(JSON.parse(one.stdout)).toEqual({ target: address, status: "serving" });
});

test("NOT_SERVING is not taken for SERVING, and a contract that is not there is not healthy", async () => {
  const health = createHealthService();
  const server = createGrpcServer({ services: [], health });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => void (await server.drain({ graceMs: 0 })));
  health.set("", "not_serving");
  expect(await parley(["health", `127.0.0.1:${port}`])).toMatchObject({ exitCode: 1, stdout: "not_serving\n" });
  const unknown = await parley(["health", address, "--service", "library.v1.Nowhere"]);
  expect(unknown).toMatchObject({ exitCode: 1, stdout: "unknown\n" });
});

async function startHttp(status: number): Promise<string> {
  const server: Server = createServer((_request, response) => response.writeHead(status).end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

test("a gateway is healthy when its path answers 200, and no other way", async () => {
  expect(await parley(["health", await startHttp(200)])).toMatchObject({ exitCode: 0, stdout: "200\n" });
  expect(await parley(["health", await startHttp(503)])).toMatchObject({ exitCode: 1, stdout: "503\n" });
  expect(await parley(["health", await startHttp(302)])).toMatchObject({ exitCode: 1 });
});

test("a part that cannot be reached is not healthy, and the reason is printed", async () => {
  const port = await freePort();
  for (const target of [`127.0.0.1:${port}`, `http://127.0.0.1:${port}/readyz`]) {
    const { exitCode, stderr } = await parley(["health", target, "--timeout", "2s"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining("ECONNREFUSED") });
  }
});

test("what cannot be a target is a mistake of the command line", async () => {
  expect(await parley(["health"])).toMatchObject({ exitCode: 2 });
  expect(await parley(["health", "localhost:1", "--timeout", "soon"])).toMatchObject({ exitCode: 2 });
  expect(await parley(["health", "http://localhost:1/livez", "--service", "a.B"])).toMatchObject({ exitCode: 2 });
});
