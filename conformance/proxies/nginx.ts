import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, runProgram } from "../../scripts/services/run-program.ts";
import { freePort } from "../../scripts/testing/free-port.ts";
import { type ProxyKind, spawnProxy, stopProxy } from "./proxy.ts";

const RELOAD_LIMIT_MS = 10_000;

const config = (port: number, backendPort: number): string => `
daemon off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  keepalive_requests 1000000;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port} http2;
    location / {
      grpc_pass grpc://127.0.0.1:${backendPort};
      grpc_read_timeout 60s;
    }
  }
}
`;

/** nginx with `grpc_pass`: HTTP/2 on both sides, of its own making. */
export const nginx: ProxyKind = {
  name: "nginx",
  async start(backendPort) {
    const program = findProgram("nginx");
    if (program === undefined) throw new Error("nginx is needed: apt-get install nginx-light");
    const prefix = mkdtempSync(join(tmpdir(), "parley-nginx-"));
    await chmod(prefix, 0o755); // where root starts nginx, its workers are somebody else
    const port = await freePort();
    const file = join(prefix, "nginx.conf");
    writeFileSync(file, config(port, backendPort));
    const args = ["-p", prefix, "-c", file];
    const child = await spawnProxy(program, args, port);
    return {
      port,
      reload: async () => void (await runProgram(program, [...args, "-s", "reload"], { timeoutMs: RELOAD_LIMIT_MS })),
      async [Symbol.asyncDispose]() {
        await stopProxy(child);
        rmSync(prefix, { recursive: true, force: true });
      },
    };
  },
};
