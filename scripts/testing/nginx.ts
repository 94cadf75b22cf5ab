import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "./free-port.ts";

/** `PARLEY_TEST_NGINX` names another program than the one on the PATH, such as a newer version. */
const PROGRAM = process.env.PARLEY_TEST_NGINX ?? "nginx";
/** Debian keeps nginx in a folder that the PATH of a user may lack. */
const PATH = [process.env.PATH, "/usr/sbin", "/usr/local/sbin"].join(delimiter);
/** The first version whose free edition has `resolve` in an upstream. */
const RESOLVES_SINCE = [1, 27, 3] as const;

export interface Nginx extends AsyncDisposable {
  readonly origin: string;
  /** The folder that relative paths of the configuration belong to. */
  readonly prefix: string;
  readonly port: number;
}

export interface NginxOptions {
  readonly config: URL;
  /** What stands in the file, and what takes its place in this run. Each must be found. */
  readonly replacements: readonly (readonly [from: string, to: string])[];
  /** A path that nginx answers as soon as it listens. */
  readonly probe: string;
}

/** Whether nginx can be run. If not, the reason is written, and in CI it is a failure. */
export function hasNginx(): boolean {
  const { error } = spawnSync(PROGRAM, ["-v"], { env: { PATH } });
  if (!error) return true;
  const why = `nginx cannot be run (apt-get install nginx-light): ${error.message}`;
  if (process.env.CI === "true") throw new Error(why, { cause: error });
  process.stderr.write(`left out the tests behind nginx: ${why}\n`);
  return false;
}

/** Whether this nginx looks names of an upstream up while it runs. */
export function nginxResolves(): boolean {
  const { stderr } = spawnSync(PROGRAM, ["-v"], { env: { PATH }, encoding: "utf8" });
  const version = /nginx\/(\d+)\.(\d+)\.(\d+)/
    .exec(stderr ?? "")
    ?.slice(1)
    .map(Number) ?? [0, 0, 0];
  for (const [index, least] of RESOLVES_SINCE.entries())
    if (version[index] !== least) return (version[index] ?? 0) > least;
  return true;
}

/** Runs nginx with a configuration of `deploy/`, on a port of its own and with the addresses of this run. */
export async function startNginx({ config, replacements, probe }: NginxOptions): Promise<Nginx> {
  const prefix = await mkdtemp(join(tmpdir(), "parley-nginx-"));
  await chmod(prefix, 0o755); // the workers of an nginx that root starts run as another user
  const port = await freePort();
  const text = await readFile(config, "utf8");
  await writeFile(
    join(prefix, "nginx.conf"),
    adapt(text, [["listen 8080;", `listen 127.0.0.1:${port};`], ...replacements]),
  );
  const child = spawn(PROGRAM, ["-p", prefix, "-c", join(prefix, "nginx.conf")], {
    env: { PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaints += chunk;
  });
  const ended = once(child, "exit");
  const origin = `http://127.0.0.1:${port}`;
  // nginx does not report when it listens: an answer shows it.
  while (child.exitCode === null && !(await fetch(origin + probe).catch(() => undefined)))
    await new Promise(setImmediate);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    await rm(prefix, { recursive: true, force: true });
  };
  if (child.exitCode !== null) {
    await stop();
    throw new Error(`nginx ended before it answered: ${complaints}`);
  }
  return { origin, prefix, port, [Symbol.asyncDispose]: stop };
}

/** An older nginx runs the same file without `resolve`, for names that are addresses already. */
function adapt(text: string, replacements: NginxOptions["replacements"]): string {
  const adapted = replacements.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`the nginx.conf does not hold "${from}"`);
    return result.replace(from, to);
  }, text);
  return nginxResolves() ? adapted : adapted.replaceAll(" resolve ", " ");
}
