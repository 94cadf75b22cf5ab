import { ParleyError } from "@parley/core";
import { parseDurationMs } from "@parley/core/internal";
import { checkHealth, createChannel } from "@parley/rpc";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";
import type { CommandInput } from "./command.ts";
import type { HealthFlags } from "./health.ts";

/** What a part answered: `serving`, `not_serving` or `unknown` of a service, the HTTP status of a gateway. */
interface Health {
  readonly status: string;
  readonly isHealthy: boolean;
}

export async function runHealth({ args, flags, output }: CommandInput<HealthFlags>): Promise<number> {
  const [target = ""] = args;
  const timeoutMs = parseDurationMs(flags.timeout);
  if (!timeoutMs) {
    throw new UsageError(
      `--timeout ${JSON.stringify(flags.timeout)} must be a time with its unit, as in 500ms, 3s or 1m`,
    );
  }
  const isHttp = /^https?:\/\//i.test(target);
  if (isHttp && (flags.service !== undefined || flags.tlsCa !== undefined)) {
    throw new UsageError("--service and --tls-ca go with a service's host:port, not with a gateway's address");
  }
  const { status, isHealthy } = isHttp
    ? await askGateway(target, timeoutMs)
    : await askService(target, flags, timeoutMs);
  output.result({ target, status }, () => status);
  return isHealthy ? EXIT.ok : EXIT.failed;
}

async function askService(target: string, { service, tlsCa }: HealthFlags, timeoutMs: number): Promise<Health> {
  const channel = openChannel(target, tlsCa);
  try {
    const status = await checkHealth(channel, service, { timeoutMs });
    return { status, isHealthy: status === "serving" };
  } finally {
    await channel.close();
  }
}

/** @throws UsageError for a target that cannot be. */
function openChannel(target: string, caPath: string | undefined) {
  try {
    return createChannel({ target, ...(caPath !== undefined && { tls: { caPath } }) });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

async function askGateway(address: string, timeoutMs: number): Promise<Health> {
  if (!URL.canParse(address))
    throw new UsageError(`${JSON.stringify(address)} is no address, as in http://localhost:3000/readyz`);
  const answer = await fetch(address, { signal: AbortSignal.timeout(Math.ceil(timeoutMs)), redirect: "error" }).catch(
    (error: Error) => {
      // `fetch` says only that it failed; the reason is the cause.
      const { message } = error.cause instanceof Error ? error.cause : error;
      throw new ParleyError("UNAVAILABLE", `cannot ask ${address}: ${message}`, { cause: error });
    },
  );
  await answer.body?.cancel();
  return { status: String(answer.status), isHealthy: answer.ok };
}
