import type { CallPolicyLookup } from "@parley/core/internal";
import type { CorsOptions } from "@parley/gateway";
import type { Timeouts } from "./call-timeouts.ts";
import type { EventPolicies } from "./event-policies.ts";
import type { ConfigurationProblem } from "./problem.ts";
import type { EventsPlace } from "./resolve-events.ts";
import type { ServiceTokensConfig } from "./resolve-service-tokens.ts";
import type { UsersConfig } from "./resolve-users.ts";

/** Where the tables of one service live. */
export type DatabaseConfig =
  | { readonly kind: "server"; readonly url: string }
  | { readonly kind: "embedded"; readonly schema: string };

/** PEM files of a certificate and its private key. */
export interface CertificateConfig {
  readonly certPath: string;
  readonly keyPath: string;
}

/** TLS between the parts: what services show, and what they ask of callers. */
export interface TlsConfig extends CertificateConfig {
  readonly caPath: string | undefined;
  readonly clients: "anonymous" | "certified";
  readonly serverName: string | undefined;
}

/** The configuration of one gateway. */
export interface GatewayConfig {
  readonly timeouts: Timeouts;
  /** Policies of the calls that it makes. */
  readonly policies: CallPolicyLookup;
  readonly limits: {
    readonly bodyBytes: number;
    readonly unfinishedBodyBytes: number;
    readonly connections: number;
    readonly connectionsPerAddress: number;
  };
  /** Undefined where the definition's counts. */
  readonly cors: CorsOptions | undefined;
  /** Undefined if it speaks HTTP. */
  readonly tls: CertificateConfig | undefined;
}

/** The whole configuration of a system, resolved and checked: nothing behind it reads the environment again. */
export interface ResolvedConfig {
  readonly mode: "development" | "production";
  /** The address on which every part listens. */
  readonly host: string;
  /** Where each part listens, by its name. 0 takes any free port. */
  readonly ports: ReadonlyMap<string, number>;
  /** The target at which each service is called, where the environment names one. */
  readonly targets: ReadonlyMap<string, string>;
  /** The database of each service that has one and runs with this configuration. */
  readonly databases: ReadonlyMap<string, DatabaseConfig>;
  /** Where events go, for the parts that have any. */
  readonly events: EventsPlace;
  /** How events and jobs are handled. */
  readonly eventPolicies: EventPolicies;
  /** The folder of the embedded database. */
  readonly dataDir: string;
  readonly migrations: "at-start" | "by-hand";
  readonly metricsPort: number | undefined;
  readonly timeouts: Timeouts & {
    readonly databaseMs: number;
    readonly dialMs: number;
    readonly drainMs: number;
  };
  readonly limits: {
    readonly messageBytes: number;
    readonly bodyBytes: number;
    readonly databaseConnections: number;
    readonly unfinishedBodyBytes: number;
    readonly connections: number;
    readonly connectionsPerAddress: number;
  };
  /** Policies of calls that services make. */
  readonly servicePolicies: CallPolicyLookup;
  /** Policies of calls that a gateway makes of which nothing of its own is said. */
  readonly gatewayPolicies: CallPolicyLookup;
  /** How calls to a service are spread over its addresses. */
  loadBalancingOf(service: string): "pick_first" | "round_robin";
  /** Undefined if the parts speak without TLS. */
  readonly tls: TlsConfig | undefined;
  /** What counts at one gateway: what is said of it by its name, else what is said of all. */
  gatewayOf(name: string): GatewayConfig;
  /** What gateways show their clients, unless one has its own; undefined if they speak HTTP. */
  readonly gatewayTls: CertificateConfig | undefined;
  readonly logging: {
    readonly level: "debug" | "info" | "warn" | "error" | "silent";
    readonly format: "json" | "pretty" | undefined;
  };
  /** How users' tokens are verified; undefined if there is nothing to verify them with. */
  readonly users: UsersConfig | undefined;
  readonly serviceTokens: ServiceTokensConfig;
  /** What is doubtful and does not stop a start: each is logged at the start, and shown by `parley doctor`. */
  readonly warnings: readonly ConfigurationProblem[];
}
