import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createRegistry, type DescService, type Registry } from "@bufbuild/protobuf";
import { failedPrecondition } from "@parley/core";
import { type Channel, type ClientTls, createChannel, fetchDescriptors, listServices } from "@parley/rpc";
import { resolveConfig } from "../../config/resolve-config.ts";
import { readDescriptors, servicesIn } from "../../contracts/descriptors.ts";
import { openSystemFolder } from "../../contracts/system-folder.ts";
import { providerOf } from "../../define/system-definition.ts";
import { clientTls, reachableHost } from "../../runtime/connect.ts";
import { loadSystem } from "../../runtime/load-system.ts";
import { UsageError } from "../usage-error.ts";
import { servicesMeantBy } from "./find-method.ts";

/** What can be called: contracts, and a channel to whoever implements one. */
export interface CallTarget {
  readonly services: readonly DescService[];
  /** Knows the types of all messages, also those within a `google.protobuf.Any`. */
  readonly registry: Registry;
  channelTo(service: DescService): Promise<Channel>;
  close(): Promise<void>;
}

export interface CallTargetOptions {
  /** Folder of the system whose contracts are used. Without one the server at `address` is asked for them. */
  readonly system?: string | undefined;
  /** Where to call. Default where the system's configuration says that the service is. */
  readonly address?: string | undefined;
  readonly tls?: ClientTls | undefined;
  /** The method that is going to be called, as written; a server is asked for the contracts of its service alone. */
  readonly method?: string | undefined;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The contracts of a system if there is one, else those that the server tells by reflection. */
export async function openCallTarget({
  system,
  address,
  tls,
  method,
  cwd,
  env,
}: CallTargetOptions): Promise<CallTarget> {
  const connect = (target: string, systemTls?: ClientTls): Channel => openChannel(target, tls ?? systemTls);
  if (system === undefined && address !== undefined) return reflectedTarget(connect(address), method);
  return systemTarget(resolve(cwd, system ?? "."), { address, env, connect });
}

/** @throws UsageError for a target that cannot be. */
function openChannel(target: string, tls: ClientTls | undefined): Channel {
  try {
    return createChannel({ target, ...(tls && { tls }) });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

async function reflectedTarget(channel: Channel, method: string | undefined): Promise<CallTarget> {
  try {
    const all = await listServices(channel);
    const meant = method === undefined ? [] : servicesMeantBy(method, all);
    const names = meant.length > 0 ? meant : all;
    const registry = createRegistry(...(await Promise.all(names.map((name) => fetchDescriptors(channel, name)))));
    const services = names.map((name) => registry.getService(name)).filter((service) => service !== undefined);
    return { services, registry, channelTo: async () => channel, close: () => channel.close() };
  } catch (error) {
    await channel.close();
    throw error;
  }
}

interface SystemTargetOptions {
  readonly address: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly connect: (target: string, tls?: ClientTls) => Channel;
}

async function systemTarget(dir: string, { address, env, connect }: SystemTargetOptions): Promise<CallTarget> {
  const { descriptorsPath } = openSystemFolder(dir);
  if (!existsSync(descriptorsPath)) {
    throw failedPrecondition(`${descriptorsPath} is not there: run parley generate --system ${dir}`);
  }
  const registry = readDescriptors(await readFile(descriptorsPath));
  const channels: Channel[] = [];
  return {
    services: servicesIn(registry),
    registry,
    async channelTo(service) {
      const channel = address === undefined ? connect(...(await placeOf(dir, service, env))) : connect(address);
      channels.push(channel);
      return channel;
    },
    close: async () => void (await Promise.all(channels.map((channel) => channel.close()))),
  };
}

/** Where the configuration of a system says that a service is, and how to speak to it. */
async function placeOf(
  dir: string,
  contract: DescService,
  env: NodeJS.ProcessEnv,
): Promise<[target: string, tls?: ClientTls]> {
  const system = await loadSystem(dir);
  const service = providerOf(system.definition, contract);
  if (!service) {
    throw failedPrecondition(`no service of ${system.definition.name} implements ${contract.typeName}: use --address`);
  }
  const config = await resolveConfig(system, { env });
  const target =
    config.targets.get(service.name) ??
    `${reachableHost(config.host)}:${config.ports.get(service.name) ?? service.port}`;
  return config.tls ? [target, clientTls(config.tls)] : [target];
}
