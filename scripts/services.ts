/** `npm run services up|down|status [name…] [-- --json]`: real servers for development and tests. */
import { composeDown, composeUp, isDockerUsable } from "./services/docker.ts";
import { selectServers } from "./services/registry.ts";
import type { ServerDefinition } from "./services/server.ts";
import { startServers } from "./services/start-servers.ts";
import { statusOf } from "./services/status.ts";
import { stopServer } from "./services/stop-server.ts";

const USAGE = `Usage: npm run services up|down|status [postgres redis nats rabbitmq kafka] [-- --json]\n`;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function up(servers: readonly ServerDefinition[]): Promise<void> {
  const statuses = await Promise.all(servers.map(statusOf));
  const down = servers.filter((_server, index) => statuses[index]?.state === "down");
  if (down.length > 0 && (await isDockerUsable())) await composeUp(down.map(({ name }) => name));
  else await startServers(servers, { say });
}

async function down(servers: readonly ServerDefinition[]): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      if (await stopServer(server)) say(`${server.name}: stopped`);
    }),
  );
  if (await isDockerUsable()) await composeDown(servers.map(({ name }) => name));
}

async function printStatus(servers: readonly ServerDefinition[], format: "table" | "json"): Promise<void> {
  const statuses = await Promise.all(servers.map(statusOf));
  if (format === "json") {
    process.stdout.write(`${JSON.stringify(statuses, null, 2)}\n`);
    return;
  }
  for (const { name, state, port, pid, address, problem } of statuses) {
    const cells = [
      name.padEnd(9),
      state.padEnd(7),
      String(port).padEnd(6),
      String(pid ?? "-").padEnd(8),
      problem ?? address,
    ];
    process.stdout.write(`${cells.join(" ")}\n`);
  }
}

const args = process.argv.slice(2);
const format = args.includes("--json") ? "json" : "table";
const [command, ...names] = args.filter((arg) => arg !== "--json");
try {
  const servers = selectServers(names);
  if (command === "up") await up(servers);
  else if (command === "down") await down(servers);
  else if (command !== "status") throw new Error(USAGE);
  if (command !== "down") await printStatus(servers, format);
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
