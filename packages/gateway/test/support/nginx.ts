import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "../../../../scripts/testing/free-port.ts";

const CONFIG = new URL("../../../../deploy/realtime/nginx.conf", import.meta.url);
/** Where Debian keeps it, which a user's PATH may lack. */
const PATH = [process.env.PATH, "/usr/sbin", "/usr/local/sbin"].join(delimiter);

/** Whether nginx can be run. If not, that is said, and in CI it is a failure. */
export function hasNginx(): boolean {
  const { error } = spawnSync("nginx", ["-v"], { env: { PATH } });
  if (!error) return true;
  const why = `nginx cannot be run (apt-get install nginx-light): ${error.message}`;
  if (process.env.CI === "true") throw new Error(why, { cause: error });
  process.stderr.write(`left out the tests behind nginx: ${why}\n`);
  return false;
}

/** Runs `deploy/realtime/nginx.conf` before the gateways of this run. */
export async function startNginx(ports: readonly [number, number]): Promise<{ origin: string } & AsyncDisposable> {
  const prefix = await mkdtemp(join(tmpdir(), "parley-live-nginx-"));
  await chmod(prefix, 0o755); // where root starts nginx, its workers are somebody else
  const port = await freePort();
  const config = (await readFile(CONFIG, "utf8"))
    .replace("listen 8080;", `listen 127.0.0.1:${port};`)
    .replace("api-gateway-1:3000", `127.0.0.1:${ports[0]}`)
    .replace("api-gateway-2:3000", `127.0.0.1:${ports[1]}`);
  await writeFile(join(prefix, "nginx.conf"), config);
  const child = spawn("nginx", ["-p", prefix, "-c", join(prefix, "nginx.conf")], { env: { PATH }, stdio: "inherit" });
  const ended = once(child, "exit");
  const origin = `http://127.0.0.1:${port}`;
  // nginx does not say when it listens: a connection does.
  while (child.exitCode === null && !(await fetch(`${origin}/livez`).catch(() => undefined)))
    await new Promise(setImmediate);
  return {
    origin,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      await rm(prefix, { recursive: true, force: true });
    },
  };
}
