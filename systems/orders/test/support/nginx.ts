import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "../../../../scripts/testing/free-port.ts";

const CONFIG = new URL("../../../../deploy/orders/nginx.conf", import.meta.url);
/** Where Debian keeps it, which a user's PATH may lack. */
const PATH = [process.env.PATH, "/usr/sbin", "/usr/local/sbin"].join(delimiter);

const ACCESS_LOG = "access.log";

/** One line of the access log. */
export interface Access {
  readonly status: number;
  readonly upstream: string;
  readonly requestId: string;
}

export interface Nginx extends AsyncDisposable {
  readonly origin: string;
  /** The first lines of the access log, once there are so many: nginx writes each after its answer. */
  accesses(count: number): Promise<readonly Access[]>;
}

/** Whether nginx can be run. If not, that is said, and in CI it is a failure. */
export function hasNginx(): boolean {
  const { error } = spawnSync("nginx", ["-v"], { env: { PATH } });
  if (!error) return true;
  const why = `nginx cannot be run (apt-get install nginx-light): ${error.message}`;
  if (process.env.CI === "true") throw new Error(why, { cause: error });
  process.stderr.write(`left out the tests behind nginx: ${why}\n`);
  return false;
}

/** Runs `deploy/orders/nginx.conf` with the addresses of this run in place of those of the compose file. */
export async function startNginx(gateways: readonly [string, string, string]): Promise<Nginx> {
  const prefix = await mkdtemp(join(tmpdir(), "parley-nginx-"));
  await chmod(prefix, 0o755); // where root starts nginx, its workers are somebody else
  const port = await freePort();
  await writeFile(join(prefix, "nginx.conf"), await configFor(port, gateways));
  const child = spawn("nginx", ["-p", prefix, "-c", join(prefix, "nginx.conf")], {
    env: { PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaints += chunk;
  });
  const ended = once(child, "exit");
  const origin = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    await rm(prefix, { recursive: true, force: true });
  };
  if (!(await answers(origin, child))) {
    await stop();
    throw new Error(`nginx ended before it answered: ${complaints}`);
  }
  return {
    origin,
    accesses: (count) => readAccesses(join(prefix, ACCESS_LOG), count),
    [Symbol.asyncDispose]: stop,
  };
}

async function configFor(port: number, gateways: readonly string[]): Promise<string> {
  const places: readonly (readonly [from: string, to: string])[] = [
    ["listen 8080;", `listen 127.0.0.1:${port};`],
    // A socket, which is what a child of Node gets for its standard output, cannot be opened by that name.
    ["access_log /dev/stdout", `access_log ${ACCESS_LOG}`],
    ...gateways.map((gateway, index) => [`api-gateway-${index + 1}:3000`, gateway] as const),
  ];
  return places.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`the nginx.conf of orders does not hold ${from}`);
      return text.replace(from, to);
    },
    await readFile(CONFIG, "utf8"),
  );
}

async function readAccesses(path: string, count: number): Promise<readonly Access[]> {
  const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
  return lines.length < count
    ? readAccesses(path, count)
    : lines.slice(0, count).map((line) => JSON.parse(line) as Access);
}

/** nginx does not say when it listens: a connection does. */
async function answers(origin: string, nginx: ChildProcess): Promise<boolean> {
  while (nginx.exitCode === null) {
    if (await fetch(`${origin}/health`).catch(() => undefined)) return true;
  }
  return false;
}
