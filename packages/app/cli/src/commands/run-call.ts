import { isParleyError, Metadata } from "@parley/core";
import { parseDurationMs } from "@parley/core/internal";
import type { ClientTls } from "@parley/rpc";
import { callMethod } from "../call/call-method.ts";
import { type CallTarget, openCallTarget } from "../call/call-target.ts";
import { describeMethods, summarize } from "../call/describe-services.ts";
import { findMethod } from "../call/find-method.ts";
import { parseRequests, readData } from "../call/read-requests.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";
import { readUserToken, withRemedy } from "../user-token.ts";
import type { CallFlags } from "./call.ts";
import type { CommandInput } from "./command.ts";

export async function runCall(input: CommandInput<CallFlags>): Promise<number> {
  const { args, flags, output, terminal } = input;
  const [name] = args;
  if (name === undefined && !flags.list) throw new UsageError("name a method (Service/Method), or use --list");
  const token = await readUserToken(flags.token, terminal);
  const metadata = metadataOf(flags, token);
  const timeoutMs = timeoutOf(flags);
  const { system, address, as: caller } = flags;
  const { cwd, env } = terminal;
  const method = flags.list ? undefined : name;
  const target = await openCallTarget({ system, address, caller, method, tls: tlsOf(flags), cwd, env });
  try {
    if (name === undefined || flags.list) {
      const methods = summarize(target.services);
      output.result({ methods }, () => describeMethods(methods));
    } else {
      await call(name, { metadata, timeoutMs, target, input });
    }
  } catch (error) {
    throw isParleyError(error) ? withRemedy(error, token, name?.split("/")[0] ?? "the service") : error;
  } finally {
    await target.close();
  }
  return EXIT.ok;
}

interface Call {
  readonly metadata: Metadata;
  readonly timeoutMs: number | undefined;
  readonly target: CallTarget;
  readonly input: CommandInput<CallFlags>;
}

async function call(name: string, { metadata, timeoutMs, target, input }: Call): Promise<void> {
  const { flags, output, terminal } = input;
  const { services, registry } = target;
  const method = findMethod(services, name);
  const requests = parseRequests(await readData(flags.data, terminal), method, registry);
  const channel = await target.channelTo(method.parent);
  const single = method.methodKind === "unary" || method.methodKind === "client_streaming";
  const prettySpaces = single && output.format === "text" ? 2 : 0;
  const common = { channel, method, requests, metadata, timeoutMs, registry, prettySpaces };
  for await (const json of callMethod({ ...common, signal: terminal.interrupted() })) terminal.write(`${json}\n`);
}

function metadataOf({ header = [] }: CallFlags, token: string | undefined): Metadata {
  const metadata = new Metadata();
  for (const text of header) {
    const colon = text.indexOf(":");
    if (colon <= 0) throw new UsageError(`--header ${JSON.stringify(text)} must be name:value`);
    const name = text.slice(0, colon).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    try {
      metadata.append(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
    } catch (error) {
      throw new UsageError(`--header ${(error as Error).message}`);
    }
  }
  // A header that was typed counts before a token of the environment.
  if (token === undefined || metadata.get("authorization") !== undefined) return metadata;
  return metadata.set("authorization", `Bearer ${token}`);
}

function timeoutOf({ timeout }: CallFlags): number | undefined {
  if (timeout === undefined) return undefined;
  const timeoutMs = parseDurationMs(timeout);
  if (timeoutMs) return timeoutMs;
  throw new UsageError(`--timeout ${JSON.stringify(timeout)} must be a time with its unit, as in 500ms, 3s or 1m`);
}

function tlsOf({ tlsCa, tlsCert, tlsKey }: CallFlags): ClientTls | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new UsageError("--tls-cert and --tls-key go together");
  if (tlsCa === undefined && tlsCert === undefined) return undefined;
  return {
    ...(tlsCa !== undefined && { caPath: tlsCa }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { certPath: tlsCert, keyPath: tlsKey }),
  };
}
