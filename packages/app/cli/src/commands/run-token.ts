import { resolve } from "node:path";
import { failedPrecondition, systemClock } from "@parley/core";
import { parseDurationMs } from "@parley/core/internal";
import { signServiceToken } from "@parley/identity";
import { type LoadedSystem, loadSystem, resolveConfig } from "@parley/runtime";
import { openServiceTokenSecret } from "@parley/runtime/internal";
import { didYouMean, isPartName } from "parleyjs/internal";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { CommandInput } from "./command.ts";
import type { TokenFlags } from "./token.ts";

export async function runToken({ flags, output, terminal }: CommandInput<TokenFlags>): Promise<number> {
  const { service } = flags;
  if (!isPartName(service)) {
    throw new UsageError(
      `--service ${JSON.stringify(service)} must be lower-case words joined by "-", as in go-client`,
    );
  }
  const ttlMs = ttlOf(flags);
  const system = await loadSystem(resolve(terminal.cwd, flags.system));
  const audience = audienceOf(flags, system);
  const secret = await secretOf(system, terminal);
  const token = await signServiceToken({ service, audience, ttlMs }, { secret, clock: systemClock });
  const expiresAt = new Date(systemClock.now() + ttlMs).toISOString();
  output.result({ token, service, audience, expiresAt }, () => token);
  return EXIT.ok;
}

function ttlOf({ ttl }: TokenFlags): number {
  const ttlMs = parseDurationMs(ttl);
  if (ttlMs) return ttlMs;
  throw new UsageError(`--ttl ${JSON.stringify(ttl)} must be a time with its unit, as in 10m, 1h or 1d`);
}

function audienceOf({ for: chosen }: TokenFlags, { definition }: LoadedSystem): readonly string[] {
  const names = definition.services.map(({ name }) => name);
  const unknown = chosen?.find((name) => !names.includes(name));
  if (unknown === undefined) return chosen ?? names;
  throw new UsageError(`--for ${unknown} names no service${didYouMean(unknown, names)}; there are ${names.join(", ")}`);
}

/** What the environment says counts by itself: a token may be made where the rest of the system is not configured. */
async function secretOf(system: LoadedSystem, { env }: Terminal): Promise<string> {
  const secret =
    env.SERVICE_TOKEN_SECRET ||
    (await openServiceTokenSecret((await resolveConfig(system, { env, parts: [] })).serviceTokens));
  if (secret !== undefined) return secret;
  throw failedPrecondition(
    `the services of ${system.definition.name} ask for no token: set SERVICE_TOKEN_SECRET, or identity.serviceTokens: required in the policy file`,
  );
}
