import type { DescService } from "@bufbuild/protobuf";
import { ParleyError } from "@parley/core";
import type { CallPolicyLookup } from "@parley/core/internal";
import type { Channel, ChannelOptions } from "@parley/rpc";
import type { TelemetryLogger } from "@parley/telemetry";
import type { ServiceDefinition } from "parleyjs";
import { addressVariable, portVariable, providerOf } from "parleyjs/internal";
import type { PartEnvironment } from "../part-environment.ts";
import { refuseOptions } from "./refuse-options.ts";

export interface ConnectionsOptions {
  /** The part that calls; sent along as the caller's name. */
  readonly caller: string;
  readonly policy: CallPolicyLookup;
  readonly log: TelemetryLogger;
}

/** The channels of one part: one to each service it calls, whatever contracts it calls there. */
export interface Connections {
  /** The channel to the service that implements a contract. It connects at its first call. */
  channelTo(contract: DescService): Promise<Channel>;
}

/** Every service of a system serves its health: one that is back is tried within this time. */
const HEALTH_PROBE_MS = 1_000;

export function createConnections(environment: PartEnvironment, options: ConnectionsOptions): Connections {
  const { system, config, telemetry, identity, closers, clock } = environment;
  const { caller, policy, log } = options;
  const channels = new Map<string, Channel>();
  return {
    async channelTo(contract) {
      const service = providerOf(system, contract);
      if (!service)
        throw new TypeError(`${caller} calls ${contract.typeName}, which no service of the system implements`);
      const { createChannel } = await import("@parley/rpc");
      let channel = channels.get(service.name);
      if (!channel) {
        const options: ChannelOptions = {
          target: targetOf(environment, service, caller),
          loadBalancing: config.loadBalancingOf(service.name),
          policy,
          caller,
          healthProbeMs: HEALTH_PROBE_MS,
          dialTimeoutMs: config.timeouts.dialMs,
          maxReceiveBytes: config.limits.messageBytes,
          interceptors: [...telemetry.interceptorsFor(log), ...identity.outgoing(caller, service.name)],
          observe: telemetry.observe,
          logger: log,
          clock,
          ...(config.tls && { tls: clientTls(config.tls) }),
        };
        channel = refuseOptions(caller, () => createChannel(options));
        channels.set(service.name, channel);
        const { close } = channel;
        closers.add(`${caller} → ${service.name}`, ({ graceMs }) => close({ graceMs }));
      }
      return channel;
    },
  };
}

/**
 * Where a service is called: what the environment says, else this machine and the service's port.
 * @throws ParleyError FAILED_PRECONDITION where the service takes any free port in another process.
 */
export function targetOf(
  { config, ports }: Pick<PartEnvironment, "config" | "ports">,
  service: ServiceDefinition,
  caller: string,
): string {
  const { name } = service;
  const own = config.targets.get(name);
  if (own !== undefined) return own;
  const port = ports.get(name);
  if (port) return `${reachableHost(config.host)}:${port}`;
  throw new ParleyError(
    "FAILED_PRECONDITION",
    `${caller} cannot know where ${name} is: its port is 0, which is any free one, and it runs in another process; ` +
      `set ${addressVariable(service)} to its address, or ${portVariable(name)} to a port of its own`,
  );
}

/** A name under which a listening address can be reached from this machine. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "127.0.0.1" || host === "::1") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

export function clientTls({
  caPath,
  certPath,
  keyPath,
  clients,
  serverName,
}: NonNullable<PartEnvironment["config"]["tls"]>) {
  return {
    ...(caPath !== undefined && { caPath }),
    ...(serverName !== undefined && { serverName }),
    ...(clients === "certified" && { certPath, keyPath }),
  };
}
