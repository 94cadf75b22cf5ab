import { type Command, Option } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface HealthFlags extends CommonFlags {
  readonly service?: string;
  readonly timeout: string;
  readonly tlsCa?: string;
}

export function addHealth(program: Command, host: CommandHost): void {
  const command = program
    .command("health")
    .summary("ask a running part whether it is healthy, as a container's health check does")
    .description(
      "Asks a service by grpc.health.v1, or a gateway by its path, and exits with 0 only if it is healthy. Needs neither a token nor reflection nor the system's folder.",
    )
    .argument(
      "<target>",
      "host:port of a service, or the http:// or https:// address of a gateway's /livez, /readyz or /health",
    )
    .option("--service <name>", "full name of one service, as in users.v1.UserService (default: the server as a whole)")
    .addOption(new Option("--timeout <duration>", "give up after this time").default("3s"))
    .option("--tls-ca <path>", "speak TLS, and trust this authority");
  finishCommand<HealthFlags>(
    command,
    [
      ["parley health localhost:50051", "a service"],
      ["parley health localhost:50051 --service users.v1.UserService", "one contract of it"],
      ["parley health http://localhost:3000/readyz", "a gateway, before it gets traffic"],
    ],
    host,
    async (input) => (await import("./run-health.ts")).runHealth(input),
  );
}
