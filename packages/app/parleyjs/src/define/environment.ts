import { POLICY_SPEC } from "../settings/policy-spec.ts";
import type { ScalarSpec } from "../settings/spec.ts";
import { environmentName } from "./names.ts";
import type { ServiceDefinition } from "./service.ts";
import { partsOf, type SystemDefinition } from "./system-definition.ts";

/** One environment variable that Parley reads. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly spec: ScalarSpec;
  /** Whether its value may be shown: an address of a database carries a password. */
  readonly secrecy: "public" | "secret";
  /** The default in words, where it is not one value for every system. */
  readonly otherwise?: string;
}

const { timeouts, limits, logging, tls, loadBalancing } = POLICY_SPEC.fields;
const PORT = { kind: "integer", min: 0, max: 65_535 } as const;

/** Variables with the same name in every system. Those that override the policy file take its rules along. */
export const COMMON_VARIABLES = {
  NODE_ENV: shown(
    { kind: "text", about: "production turns on the checks that a real deployment needs." },
    "development",
  ),
  HOST: shown(
    { kind: "text", about: "The address on which every part listens." },
    "127.0.0.1 in development, 0.0.0.0 in production",
  ),
  METRICS_PORT: shown(
    {
      ...PORT,
      about:
        "Where metrics are served as /metrics, whatever the gateway serves; with a process per part, the first's port.",
    },
    "no port of its own",
  ),
  DATABASE_URL: secret(
    {
      kind: "text",
      about:
        "The PostgreSQL server of all services (postgres://user:password@host:5432); each uses its own database there.",
    },
    "the embedded database in development; must be set in production",
  ),
  PARLEY_DATABASE: shown(
    { kind: "choice", about: "embedded stores in the data folder, also in production.", values: ["embedded"] },
    "the server of DATABASE_URL if that is set",
  ),
  PARLEY_DATA_DIR: shown(
    { kind: "text", about: "The folder of the embedded database." },
    ".parley/<system> in the system's folder",
  ),
  EVENTS_URL: secret(
    {
      kind: "text",
      about:
        "Where events go; the scheme chooses among the transports that the system lists (nats://, amqp:// …) and postgres://.",
    },
    "the database <system>_events on the server of DATABASE_URL; without one, the embedded database",
  ),
  JWT_SECRET: secret(
    {
      kind: "text",
      about:
        "The secret (HS256) of users' tokens: at least 32 random characters, the same for all parts. Set, every method that is not public needs a token. Not read in a system that names public keys.",
    },
    "in development no token is asked for, unless the system names keys; production refuses that",
  ),
  JWT_SECRET_ACCEPTED: secret(
    {
      kind: "text",
      about: "A second secret of users' tokens that is accepted too, while JWT_SECRET is being rotated.",
    },
    "none",
  ),
  SERVICE_TOKEN_SECRET: secret(
    {
      kind: "text",
      about:
        "The secret that services prove to each other with who calls: at least 32 random characters, the same for all parts. Set, every call between parts needs a token.",
    },
    "no service token is asked for, unless the policy requires them; then development makes one in the data folder",
  ),
  SERVICE_TOKEN_SECRET_ACCEPTED: secret(
    {
      kind: "text",
      about:
        "A second secret of service tokens that is accepted too, while SERVICE_TOKEN_SECRET, which signs, is being rotated.",
    },
    "none",
  ),
  LOG_LEVEL: shown(logging.fields.level),
  LOG_FORMAT: shown(logging.fields.format, "pretty on a terminal, json elsewhere"),
  TLS_CERT: shown({ ...tls.fields.cert, about: `${tls.fields.cert.about} A path.` }, "no TLS"),
  TLS_KEY: shown({ ...tls.fields.key, about: "The private key of TLS_CERT. A path." }),
  TLS_CA: shown({ ...tls.fields.ca, about: "The authorities that callers trust. A path." }, "those of the machine"),
  TLS_CLIENTS: shown(tls.fields.clients),
  GATEWAY_TLS_CERT: shown(
    { ...tls.fields.gateway.fields.cert, about: `${tls.fields.gateway.fields.cert.about} A path.` },
    "HTTP",
  ),
  GATEWAY_TLS_KEY: shown({ ...tls.fields.gateway.fields.key, about: "The private key of GATEWAY_TLS_CERT. A path." }),
  CALL_TIMEOUT: shown(timeouts.fields.call),
  GATEWAY_TIMEOUT: shown(timeouts.fields.gateway),
  DATABASE_TIMEOUT: shown(timeouts.fields.database),
  DIAL_TIMEOUT: shown(timeouts.fields.dial),
  DRAIN_TIMEOUT: shown(timeouts.fields.drain),
  MAX_MESSAGE_SIZE: shown(limits.fields.message),
  MAX_BODY_SIZE: shown(limits.fields.body),
  MAX_DATABASE_CONNECTIONS: shown(limits.fields.databaseConnections),
  LOAD_BALANCING: shown(loadBalancing),
} as const;

export type CommonVariable = keyof typeof COMMON_VARIABLES;

/** Where a part listens. */
export const portVariable = (part: string): string => `${environmentName(part)}_PORT`;
/** The address at which callers find a service. */
export const addressVariable = (service: Pick<ServiceDefinition, "name" | "addressVariable">): string =>
  service.addressVariable ?? `${environmentName(service.name)}_URL`;
/** The whole address of one database. */
export const databaseVariable = (database: string): string => `${environmentName(database)}_URL`;

/** Every variable that a system reads, those with its own parts' names included. */
export function environmentVariables(system: SystemDefinition): readonly EnvironmentVariable[] {
  const ports = partsOf(system).map(({ name, port }) => ({
    name: portVariable(name),
    ...shown({ ...PORT, about: `Where ${name} listens.` }, String(port)),
  }));
  const addresses = system.services.map((service) => ({
    name: addressVariable(service),
    ...shown(
      { kind: "text", about: `Where ${service.name} is called: host:port, dns:///host:port or static:a:1,b:2.` },
      `localhost and the port of ${service.name}`,
    ),
  }));
  const databases = system.services.flatMap(({ name, database }) =>
    database
      ? [
          {
            name: databaseVariable(database.name),
            ...secret(
              { kind: "text", about: `The database of ${name}.` },
              `${database.name} on the server of DATABASE_URL`,
            ),
          },
        ]
      : [],
  );
  const common = Object.entries(COMMON_VARIABLES).map(([name, variable]) => ({ name, ...variable }));
  // What a system reads by itself may be a secret: only Parley's own variables are known not to be.
  const own = Object.entries(system.variables ?? {}).map(([name, about]) => ({
    name,
    spec: { kind: "text", about } as const,
    secrecy: "secret" as const,
  }));
  return [...ports, ...addresses, ...databases, ...common, ...own];
}

interface Described<S extends ScalarSpec> extends Omit<EnvironmentVariable, "name"> {
  readonly spec: S;
}

function shown<const S extends ScalarSpec>(spec: S, otherwise?: string): Described<S> {
  return { spec, secrecy: "public", ...(otherwise !== undefined && { otherwise }) };
}

function secret<const S extends ScalarSpec>(spec: S, otherwise: string): Described<S> {
  return { spec, secrecy: "secret", otherwise };
}
