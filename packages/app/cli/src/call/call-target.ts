import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createRegistry, type DescService, type Registry } from "@bufbuild/protobuf";
import { failedPrecondition, type Interceptor, systemClock } from "@parley/core";
import { DEFAULT_CALL_POLICY } from "@parley/core/internal";
import { openSystemFolder, readDescriptors, servicesIn } from "@parley/protobuf/internal";
import { type Channel, type ClientTls, createChannel, fetchDescriptors, listServices } from "@parley/rpc";
import { loadSystem, resolveConfig } from "@parley/runtime";
import { clientTls, createPartIdentity, targetOf } from "@parley/runtime/internal";
import { providerOf } from "parleyjs/internal";
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
  /** The service to call as, where the system asks for service tokens. Default `parley-call`; none with an address of one's own. */
  readonly caller?: string | undefined;
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
  caller,
  method,
  cwd,
  env,
}: CallTargetOptions): Promise<CallTarget> {
  const connect = ({ target, tls: systemTls, interceptors }: Place): Channel =>
    openChannel({ target, tls: tls ?? systemTls, interceptors });
  if (system === undefined && address !== undefined) return reflectedTarget(connect({ target: address }), method);
  return systemTarget(resolve(cwd, system ?? "."), { address, caller, env, connect });
}

/** Where a service is, and how it wants to be spoken to. */
interface Place {
  readonly target: string;
  readonly tls?: ClientTls | undefined;
  readonly interceptors?: readonly Interceptor[] | undefined;
}

/** The command gives each call its deadline, by `--timeout` or a default of its own: nothing else may end it sooner. */
const BOUNDED_BY_CALLER = () => ({ ...DEFAULT_CALL_POLICY, timeoutMs: Number.POSITIVE_INFINITY });

/** How long the server may take to tell its contracts. */
const REFLECTION = { timeoutMs: 5_000 };

/** @throws UsageError for a target that cannot be. */
function openChannel({ target, tls, interceptors }: Place): Channel {
  try {
    return createChannel({ target, interceptors, policy: BOUNDED_BY_CALLER, ...(tls && { tls }) });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

async function reflectedTarget(channel: Channel, method: string | undefined): Promise<CallTarget> {
  try {
    const all = await listServices(channel, REFLECTION);
    const meant = method === undefined ? [] : servicesMeantBy(method, all);
    const names = meant.length > 0 ? meant : all;
    const registry = createRegistry(
      ...(await Promise.all(names.map((name) => fetchDescriptors(channel, name, REFLECTION)))),
    );
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
  readonly caller: string | undefined;
  readonly connect: (place: Place) => Channel;
}

async function systemTarget(dir: string, options: SystemTargetOptions): Promise<CallTarget> {
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
      const channel = options.connect(await placeOf(dir, service, options));
      channels.push(channel);
      return channel;
    },
    close: async () => void (await Promise.all(channels.map((channel) => channel.close()))),
  };
}

/** Where the configuration of a system says that a service is, unless an address is given, and how to speak to it. */
async function placeOf(
  dir: string,
  contract: DescService,
  { address, caller, env }: SystemTargetOptions,
): Promise<Place> {
  if (address !== undefined && caller === undefined) return { target: address };
  const { definition, directory } = await loadSystem(dir);
  const service = providerOf(definition, contract);
  if (!service) {
    throw failedPrecondition(`no service of ${definition.name} implements ${contract.typeName}: use --address`);
  }
  const config = await resolveConfig({ definition, directory }, { env, parts: [] });
  const identity = await createPartIdentity({ system: definition, config, clock: systemClock });
  return {
    target: address ?? targetOf({ config, ports: config.ports }, service, "the command"),
    interceptors: identity.outgoing(caller ?? "parley-call", service.name),
    ...(config.tls && { tls: clientTls(config.tls) }),
  };
}
