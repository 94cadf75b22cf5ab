import type { Command } from "commander";
import { TOKEN_HELP } from "../user-token.ts";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface CallFlags extends CommonFlags {
  readonly data: string;
  readonly system?: string;
  readonly address?: string;
  /** `name:value`, as typed. */
  readonly header?: readonly string[];
  readonly token?: string;
  readonly as?: string;
  readonly timeout?: string;
  readonly list?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export function addCall(program: Command, host: CommandHost): void {
  const command = program
    .command("call")
    .summary("call a method of a running service")
    .description(
      "Calls a method with a JSON request and prints the JSON response; a stream is printed as one line of JSON per message. Contracts come from the system's folder, or with --address alone from the server itself, by reflection.",
    )
    .argument("[method]", "Service/Method, as in UserService/GetUser")
    .option("-d, --data <json>", "request; @file reads a file, @- standard input; for a stream one line each", "{}")
    .option("--list", "list the methods that can be called")
    .option("--system <dir>", "folder of the system (default: the present one, unless --address is given)")
    .option("--address <target>", "where to call: host:port, dns:///host:port or static:a:1,b:2")
    .option("-H, --header <name:value>", "send a header; may be repeated", collect)
    .option("--token <token>", TOKEN_HELP)
    .option("--as <service>", "call as this service, with a service token of the system (default: parley-call)")
    .option("--timeout <duration>", "give up after this time, as in 3s")
    .option("--tls-ca <path>", "speak TLS, and trust this authority")
    .option("--tls-cert <path>", "show this certificate (mutual TLS)")
    .option("--tls-key <path>", "private key of --tls-cert");
  finishCommand<CallFlags>(
    command,
    [
      [`parley call UserService/GetUser -d '{"id":1}' --system systems/orders`, "by the system's contracts"],
      [`parley call UserService/ListUsers --address localhost:50051`, "by the server's reflection"],
      ["parley call --list --system systems/orders", "what can be called"],
    ],
    host,
    async (input) => (await import("./run-call.ts")).runCall(input),
  );
}

function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}
