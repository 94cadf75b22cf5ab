import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { systemClock } from "@parley/core";
import { type Channel, type Client, createChannel, createClient } from "@parley/rpc";
import { partsOf } from "parleyjs";
import { portVariable, providerOf } from "parleyjs/internal";
import { clientTls } from "../run/connect.ts";
import type { LoadedSystem } from "../run/load-system.ts";
import { createPartIdentity, type PartIdentity } from "../run/part-identity.ts";
import { runSystem, startPart } from "../run/run-system.ts";
import type { RunningSystem } from "../run/running.ts";
import { untilSettled } from "./until-settled.ts";

export interface StartForTestOptions {
  /** Only this part; the services it calls are where the environment says. Default the whole system. */
  readonly part?: string;
  /**
   * Variables, over those of a test: development on this machine, no logs, a free port for every part, data of its
   * own. The environment of the test's process does not count, so that a test gives the same on every machine.
   */
  readonly env?: NodeJS.ProcessEnv;
}

/** A system that runs in the test's process, over real connections, until it is disposed of. */
export interface StartedSystem extends AsyncDisposable {
  readonly running: RunningSystem;
  /** Where a part answers: `localhost:40123` for a service, `http://localhost:40124` for the gateway. */
  addressOf(part: string): string;
  /**
   * A client of the service that implements a contract, which it calls directly, with a service token of `caller` (default `test`)
   * where the system asks for one. It ends with the system.
   */
  clientOf<S extends DescService>(contract: S, options?: { readonly caller?: string }): Client<S>;
  /**
   * Resolves when nothing waits any more on the bus of any service that runs here: every event is sent and handled, every
   * job that is due is done. What is delayed does not count, nor do dead letters.
   * @throws Error that says what still waits after `timeoutMs`, by default 10 s.
   */
  settled(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/** What a test that has ended leaves running is cut off after this time. */
const STOP_GRACE_MS = 5_000;
const SETTLE_TIMEOUT_MS = 10_000;
const START_ATTEMPTS = 3;

/**
 * Runs a system for a test: on free ports, with an embedded database that is empty but migrated and removed at the end.
 *
 * ```ts
 * await using system = await startForTest(await loadSystem("systems/orders"));
 * const { user } = await system.clientOf(UserService).createUser({ name: "Ada", email: "ada@example.com" });
 * ```
 *
 * Data in `PARLEY_DATA_DIR` or on a server is the test's own business, and is kept.
 * @throws ParleyError as {@link runSystem} and {@link startPart} do; then nothing is left behind.
 */
export async function startForTest(system: LoadedSystem, options: StartForTestOptions = {}): Promise<StartedSystem> {
  const { part, env } = options;
  const data = await mkdtemp(join(tmpdir(), `parley-${system.definition.name}-`));
  const removeData = (): Promise<void> => rm(data, { recursive: true, force: true });
  const ports = partsOf(system.definition).map(({ name }) => [portVariable(name), "0"] as const);
  const runOptions = {
    env: { LOG_LEVEL: "silent", PARLEY_DATA_DIR: data, ...Object.fromEntries(ports), ...env },
  };
  try {
    const start = () => (part === undefined ? runSystem(system, runOptions) : startPart(system, part, runOptions));
    const running = await withFreePorts(start);
    const { config } = running;
    const identity = await createPartIdentity({ system: system.definition, config, clock: systemClock });
    return handleOf(system, running, identity, removeData);
  } catch (error) {
    await removeData();
    throw error;
  }
}

/**
 * A port that was found free may be taken by somebody's outgoing connection before a part listens on it, which happens
 * on a machine that runs many tests: then others are found.
 */
async function withFreePorts(start: () => Promise<RunningSystem>): Promise<RunningSystem> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      const { cause } = error as { cause?: { code?: unknown } };
      if (cause?.code !== "EADDRINUSE" || attempt === START_ATTEMPTS) throw error;
    }
  }
}

function handleOf(
  { definition }: LoadedSystem,
  running: RunningSystem,
  identity: PartIdentity,
  removeData: () => Promise<void>,
): StartedSystem {
  const channels: Channel[] = [];
  const { tls } = running.config;
  const addressOf = (part: string): string => {
    const found = running.parts.find(({ name }) => name === part);
    if (found) return found.address;
    throw new TypeError(`${part} does not run here; what does is ${running.parts.map(({ name }) => name).join(", ")}`);
  };
  return {
    running,
    addressOf,
    clientOf(contract, { caller = "test" } = {}) {
      const service = providerOf(definition, contract);
      if (!service) throw new TypeError(`no service of ${definition.name} implements ${contract.typeName}`);
      const channel = createChannel({
        target: addressOf(service.name),
        caller,
        interceptors: identity.outgoing(caller, service.name),
        ...(tls && { tls: clientTls(tls) }),
      });
      channels.push(channel);
      return createClient(contract, channel);
    },
    settled: ({ timeoutMs = SETTLE_TIMEOUT_MS } = {}) => untilSettled(running, timeoutMs),
    async [Symbol.asyncDispose]() {
      await Promise.all(channels.map((channel) => channel.close()));
      await running.stop({ graceMs: STOP_GRACE_MS });
      await removeData();
    },
  };
}
