import type { DescService } from "@bufbuild/protobuf";
import { ParleyError } from "@parley/core";
import type { TransportAdapter } from "@parley/transport";
import { didYouMean } from "../settings/did-you-mean.ts";
import type { GatewayDefinition } from "./gateway.ts";
import type { IdentityDefinition } from "./identity.ts";
import type { ServiceDefinition } from "./service.ts";

/** A request that a newcomer can try: printed as a `curl` command when the system is ready. */
export interface TryRequest {
  /** Default `GET`. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path at the gateway: `/users/1`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface SystemOptions {
  /** Lower-case words joined by `-`. Names the data folder and the metrics. */
  readonly name: string;
  readonly services: readonly ServiceDefinition[];
  /**
   * Where clients come in, each with its own port, routes, policy, documentation and health: one for the public and one for
   * operators, say. Default none.
   */
  readonly gateways?: readonly GatewayDefinition[];
  /**
   * The brokers that the system can run on: `[nats(), kafka()]`. `EVENTS_URL` chooses one by its scheme; its client library is loaded
   * only then. PostgreSQL and the embedded event log need not be listed.
   */
  readonly transports?: readonly TransportAdapter[];
  /** Who the users are: their tokens are verified at the gateway and again at every service. Default with the secret in `JWT_SECRET`. */
  readonly identity?: IdentityDefinition;
  /** The policy file, relative to the system's folder. Without one every policy has its default. */
  readonly policy?: string;
  /**
   * The variables that the system's own code reads, each with what it means. `parley doctor` lists them beside Parley's own, and
   * names variables that look like an address and are read by neither.
   */
  readonly variables?: Readonly<Record<string, string>>;
  /** Requests to print when the system is ready. Default: made from the first routes of the contract. */
  readonly tryIt?: readonly TryRequest[];
}

/** A system as the runtime sees it. Made by {@link defineSystem}. */
export interface SystemDefinition extends SystemOptions {
  readonly kind: "system";
}

/** One part of a system: what runs as a process of its own in production. */
export type PartDefinition = ServiceDefinition | GatewayDefinition;

/** Services in the order they were given, then the gateways. */
export function partsOf(system: SystemDefinition): readonly PartDefinition[] {
  return [...system.services, ...gatewaysOf(system)];
}

/** The gateways of a system, in the order they were given. */
export function gatewaysOf({ gateways = [] }: Pick<SystemDefinition, "gateways">): readonly GatewayDefinition[] {
  return gateways;
}

/** The service that implements a contract, if one does. */
export function providerOf(system: SystemDefinition, contract: DescService): ServiceDefinition | undefined {
  return system.services.find((service) => service.implements.some(({ typeName }) => typeName === contract.typeName));
}

/** @throws ParleyError NOT_FOUND for a name that no part has. */
export function partNamed(system: SystemDefinition, name: string): PartDefinition {
  const parts = partsOf(system);
  const part = parts.find((candidate) => candidate.name === name);
  if (part) return part;
  const names = parts.map((candidate) => candidate.name);
  throw new ParleyError(
    "NOT_FOUND",
    `no part ${JSON.stringify(name)}${didYouMean(name, names)} of the system ${system.name}; its parts are ${names.join(", ")}`,
  );
}
