import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { realPostgres } from "@parley/postgres/testing";
import { createTcpProxy } from "@parley/transport/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixture, startParley } from "../cli/support/run-parley.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SYSTEM = fixture("welcomes");
const PART = "greeting-service";
const DRAIN_MS = 1_500;
/** Closing sockets, the linger of the process, and what a busy machine takes to run it. */
const SLACK_MS = 6_000;

/** Takes connections and never says a word, like a server that stands still. */
async function silentServer(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).resume();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function start(env: Readonly<Record<string, string>>, args: readonly string[] = ["start", PART]) {
  const common = {
    PARLEY_DATA_DIR: `${await temporaryFolder()}/data`,
    DRAIN_TIMEOUT: `${DRAIN_MS}ms`,
    LOG_FORMAT: "json",
    GREETING_SERVICE_PORT: "0",
    NAME_SERVICE_PORT: "0",
    DOOR_PORT: "0",
  };
  const where = args[0] === "start" ? ["--system", SYSTEM] : [SYSTEM, "--no-watch"];
  const command = startParley([...args, ...where], { env: { ...common, ...env } });
  let hasEnded = false;
  void command.ended.then(() => {
    hasEnded = true;
  });
  onTestFinished(async () => {
    if (!hasEnded && command.pid !== undefined) process.kill(command.pid, "SIGKILL");
    await command.ended;
  });
  return command;
}

const BROKERS: Readonly<Record<string, (port: number) => string>> = {
  NATS: (port) => `nats://127.0.0.1:${port}`,
  RabbitMQ: (port) => `amqp://guest:guest@127.0.0.1:${port}`,
  Redis: (port) => `redis://127.0.0.1:${port}`,
  Kafka: (port) => `kafka://127.0.0.1:${port}`,
  "PostgreSQL as a broker": (port) => `postgres://127.0.0.1:${port}/events`,
};

describe("a part whose broker is silent", { timeout: 90_000 }, () => {
  test.each(Object.entries(BROKERS))("starts all the same and waits for it: %s", async (_name, urlOf) => {
    const command = await start({ EVENTS_URL: urlOf(await silentServer()) });
    await command.printed('"msg":"ready"');
    await command.printed("the transport of events is away");
    await endsInTime(command);
  });
});

/** A way to a server that falls silent when told so: connections stay open, and nothing comes any more. */
async function wayTo(port: number) {
  const way = await createTcpProxy({ host: "127.0.0.1", port });
  onTestFinished(() => way.close());
  return { port: way.port, fallSilent: () => way.freeze("all") };
}

async function endsInTime(command: Awaited<ReturnType<typeof start>>): Promise<void> {
  const stoppedAtMs = performance.now();
  await command.stop();
  expect(performance.now() - stoppedAtMs).toBeLessThan(DRAIN_MS + SLACK_MS);
}

const postgres = (await realPostgres())?.missingDatabase();
const isThere = async (port: number): Promise<boolean> => {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  const [first] = await Promise.race([
    once(socket, "connect").then(() => [true]),
    once(socket, "close").then(() => [false]),
  ]);
  socket.destroy();
  return first === true;
};
const NATS_PORT = 4222;
const hasNats = await isThere(NATS_PORT).catch(() => false);

describe("the drain limit", { timeout: 90_000 }, () => {
  test.skipIf(!hasNats).each([
    ["a part", ["start", PART], '"msg":"ready"'],
    ["parts in processes of their own", ["dev", "--processes"], "ready in"],
  ] as const)("holds while the broker is silent, for %s", async (_name, args, ready) => {
    const nats = await wayTo(NATS_PORT);
    const command = await start({ EVENTS_URL: `nats://127.0.0.1:${nats.port}` }, args);
    await command.printed(ready);
    nats.fallSilent();
    await endsInTime(command);
  });

  test.skipIf(postgres === undefined)("holds while the database is silent", async () => {
    const url = new URL(postgres ?? "");
    const way = await wayTo(Number(url.port || "5432"));
    url.port = String(way.port);
    const command = await start({ GREETINGDB_URL: url.href, EVENTS_URL: `nats://127.0.0.1:${await silentServer()}` });
    await command.printed('"msg":"ready"');
    way.fallSilent();
    await endsInTime(command);
  });
});

test("a part whose database is silent ends with a code and says where it looked", { timeout: 90_000 }, async () => {
  const port = await silentServer();
  const command = await start({ GREETINGDB_URL: `postgres://127.0.0.1:${port}/greetingdb` });
  const { exitCode, stderr } = await command.ended;
  expect(exitCode).toBe(1);
  expect(stderr).toContain("the database greetingdb of greeting-service cannot be opened");
});
