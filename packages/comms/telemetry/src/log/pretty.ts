import { createRequire } from "node:module";
import type { PrettyOptions } from "pino-pretty";

/** Fields that the message of a call line shows in its own way. */
const SHOWN = "pid,hostname,side,service,method,path,route,status,code,durationMs,requestId,traceId,peer,caller,error";
const NAME_COLORS = [
  "cyan",
  "magenta",
  "yellow",
  "blue",
  "green",
  "cyanBright",
  "magentaBright",
  "blueBright",
] as const;

/**
 * Makes a JSON line one for a person: `[12:00:01.123] INFO: order-service <- orders.v1.OrderService/CreateOrder OK 12.3 ms`.
 * For development, not for load: about 30 µs a line.
 */
export function createPrettyFormat(colors: boolean): (line: string) => string {
  // Loaded only here: a service that writes for machines need not wait 25 ms for it when it starts.
  const { prettyFactory } = createRequire(import.meta.url)("pino-pretty") as typeof import("pino-pretty");
  const options: PrettyOptions = {
    colorize: colors,
    singleLine: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: `${SHOWN},name`,
    messageFormat(log, messageKey, _level, { colors: paint }) {
      const name = String(log.name ?? "");
      const what = describe(log, messageKey);
      return `${paint[colorOf(name)](name)} ${what}`;
    },
  };
  return prettyFactory(options);
}

function describe(log: Record<string, unknown>, messageKey: string): string {
  if (isCallLine(log)) return describeCall(log);
  if (isRequestLine(log)) return describeRequest(log);
  return String(log[messageKey] ?? "");
}

/** A request at the gateway. */
function isRequestLine(log: Record<string, unknown>): boolean {
  return typeof log.route === "string" && typeof log.status === "number";
}

function describeRequest({ method, path, route, status, durationMs, peer, requestId }: Record<string, unknown>) {
  const duration = durationMs === undefined ? "" : ` ${durationMs} ms`;
  return `${method} ${path ?? route} ${status}${duration} (${peer}, ${requestId})`;
}

function isCallLine(log: Record<string, unknown>): boolean {
  return typeof log.side === "string" && typeof log.code === "string";
}

function describeCall({
  side,
  service,
  method,
  code,
  durationMs,
  peer,
  caller,
  error,
  requestId,
}: Record<string, unknown>) {
  const arrow = side === "server" ? "<-" : "->";
  const other = side === "server" ? (caller ?? peer) : peer;
  const failure = error === undefined ? "" : `: ${error}`;
  return `${arrow} ${service}/${method} ${code} ${durationMs} ms (${other}, ${requestId})${failure}`;
}

/** The same name always has the same colour, so that merged logs of several services can be told apart. */
function colorOf(name: string): (typeof NAME_COLORS)[number] {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return NAME_COLORS[hash % NAME_COLORS.length] ?? "cyan";
}
