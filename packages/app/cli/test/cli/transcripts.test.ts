import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { parley, startParley } from "./support/run-parley.ts";

/** What docs/reference/cli.md shows is what the commands print, on a copy of the orders system that is changed here. */
const PAGE = readFileSync(new URL("../../../../../docs/reference/cli.md", import.meta.url), "utf8");
const ORDERS = fileURLToPath(new URL("../../../../../systems/orders", import.meta.url));
const COPIES = fileURLToPath(new URL("../.parley", import.meta.url));
/** Where the page says that the reader is. */
const READER = "/home/ada/shop";
const DOCUMENTED_PORTS = { USER_SERVICE_PORT: 50_051, ORDER_SERVICE_PORT: 50_052, API_GATEWAY_PORT: 3_000 };

let root: string;
let ports: Readonly<Record<string, string>>;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  await mkdir(COPIES, { recursive: true });
  root = await mkdtemp(join(COPIES, "shop-"));
  const isSource = (path: string): boolean => !/\/orders\/(\.parley|node_modules|test|tsconfig\.json)(\/|$)/.test(path);
  await cp(ORDERS, join(root, "systems/orders"), { recursive: true, filter: isSource });
  const names = Object.keys(DOCUMENTED_PORTS);
  ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, String(await freePort())] as const)));
  env = { ...ports, LOG_LEVEL: "error", DATABASE_URL: "" };
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The commands of the page, and what it shows below each. */
const shown = new Map(
  [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block.split(/^\$ /m).flatMap((text) => {
      const end = text.indexOf("\n");
      return end < 0 ? [] : [[text.slice(0, end), text.slice(end + 1)] as const];
    }),
  ),
);

/** As on the page: the reader's folder and the default ports; what differs in each run is masked on both sides. */
function masked(text: string): string {
  const placed = Object.entries(DOCUMENTED_PORTS).reduce(
    (all, [name, port]) => all.replaceAll(`:${ports[name]}`, `:${port}`),
    text.replaceAll(root, READER),
  );
  return placed
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/"time":\d+/g, '"time":0')
    .replace(/Node \d+\.\d+\.\d+/g, "Node <version>")
    .replace(/\([0-9a-f]{10}\)/g, "(<commit>)")
    .replace(/\bey[\w-]+\.[\w-]+\.[\w-]+/g, "<token>")
    .replace(/ready in \d+\.\d s/g, "ready in <duration>")
    .trim();
}

function expectShown(command: string, printed: string): void {
  const expected = shown.get(command) ?? expect.fail(`the page does not show ${command}`);
  expect(masked(printed)).toBe(masked(expected));
}

/** Runs a command of the page where the reader is, and compares what it prints. */
async function run(command: string): Promise<void> {
  const actual = command.replace("localhost:50051", `localhost:${ports.USER_SERVICE_PORT}`);
  const [, ...args] = [...actual.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const { stdout, stderr } = await parley(args, { cwd: root, env });
  expectShown(command, stdout + stderr);
}

test("generate", async () => {
  await rm(join(root, "systems/orders/gen"), { recursive: true });
  await run("parley generate --system systems/orders");
});

test("check", async () => {
  const git = (...args: readonly string[]): void =>
    void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: root });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message", "contracts");
  git("switch", "--quiet", "--create", "phones");
  const path = join(root, "systems/orders/protos/users/v1/users.proto");
  const before = await readFile(path, "utf8");
  const after = before
    .replace('option (google.api.http).delete = "/users/{id}";', 'option (google.api.http).delete = "/people/{id}";')
    .replace("string phone = 4;", "int32 phone = 4;");
  await writeFile(path, after);
  await run("parley check --system systems/orders").finally(() => writeFile(path, before));
});

test("dev, call and start", async () => {
  const folder = { cwd: root, env };
  await using dev = startParley(["dev", "systems/orders", "--no-watch"], folder);
  await dev.printed("ready in");
  expectShown("parley dev systems/orders", dev.output());
  await run(`parley call UserService/CreateUser -d '{"name":"Ada","email":"ada@example.com"}' --system systems/orders`);
  await run("parley call UserService/GetUser -d '{\"id\":99}' --address localhost:50051");
  await dev.stop();
  const args = ["start", "order-service", "--system", "systems/orders", "--log-format", "json", "--log-level", "info"];
  const data = { PARLEY_DATA_DIR: join(root, "apart") };
  await parley(["migrate", "--system", "systems/orders"], { cwd: root, env: { ...env, ...data } });
  await using service = startParley(args, { cwd: root, env: { ...env, ...data } });
  await service.printed('"msg":"ready"');
  const ready = service
    .output()
    .split("\n")
    .find((line) => line.includes('"msg":"ready"'));
  expectShown("parley start order-service --system systems/orders --log-format json", ready ?? "");
});

test("export", () => run("parley export service-config user-service --json --system systems/orders"));

test("token", async () => {
  const command = "parley token --service go-client --for user-service --ttl 10m --system systems/orders";
  const [, ...args] = command.split(" ");
  const SERVICE_TOKEN_SECRET = "a secret of the test, long enough for HS256";
  const { stdout, stderr } = await parley(args, { cwd: root, env: { ...env, SERVICE_TOKEN_SECRET } });
  expectShown(command, stdout + stderr);
});

test("doctor", async () => {
  await using taken = createServer().listen(Number(ports.USER_SERVICE_PORT), "127.0.0.1");
  await once(taken, "listening");
  await run("parley doctor --system systems/orders");
});

test("migrate", async () => {
  await parley(["migrate", "--system", "systems/orders"], { cwd: root, env });
  const migration = "systems/orders/migrations/orderdb/0002_add_currency.sql";
  await writeFile(join(root, migration), "ALTER TABLE orders ADD COLUMN currency text NOT NULL DEFAULT 'EUR';\n");
  await run("parley migrate status --system systems/orders");
  await run("parley migrate --system systems/orders");
});
