import { ASYMMETRIC_ALGORITHMS } from "@parley/identity";
import { parseCidr } from "./kernel/request/client-address.ts";
import type { GatewayOptions } from "./options.ts";

/**
 * Everything wrong with the options: each is named with its value and what may stand there. Options often come from plain
 * JavaScript or a file, so types are not relied on: a wrong shape is told here, not by what trips over it later.
 */
export function optionProblems(options: GatewayOptions): string[] {
  const { backends, cors, json, auth, tls } = options;
  return [
    ...(Array.isArray(backends) ? twice(backends.map(({ name }) => name)) : [wrong("backends", "a list", backends)]),
    ...POSITIVE.flatMap((key) => check(options, key, "a positive number", isPositive)),
    ...check(options, "basePath", 'a path like "/api/v1"', (it) => /^(?:(?:\/[\w.~-]+)+)?$/.test(String(it))),
    ...checkList(options, "publicPaths", 'paths that begin with "/"', (it) => it.startsWith("/")),
    ...checkList(options, "trustedProxies", 'addresses or ranges such as "10.0.0.0/8"', (it) => !!parseCidr(it)),
    ...checkShape(options, "forwardHeaders", ["request", "response"]),
    ...(["request", "response"] as const).flatMap((key) =>
      checkList(options.forwardHeaders, key, "lower-case header names that do not end in -bin", isForwardable, FORWARD),
    ),
    ...checkShape(options, "json", [...Object.keys(JSON_CHOICES), "paginationField"]),
    ...Object.entries(JSON_CHOICES).flatMap(([key, choices]) => checkChoice(json, key, choices, "json.")),
    ...checkShape(options, "cors", ["origins", "credentials", "exposedHeaders", "maxAgeSeconds"]),
    ...(isObject(cors) ? corsProblems(cors) : []),
    ...(isObject(auth) ? authProblems(auth) : check(options, "auth", "an object", () => false)),
    ...checkShape(options, "realtime", ["transport", "events", "listeners", ...REALTIME_POSITIVE, "random"]),
    ...(isObject(options.realtime) ? realtimeProblems(options.realtime) : []),
    ...metricsAccessProblems(options),
    ...(isObject(options.openapi) ? checkChoice(options.openapi, "access", ["public", "token"], "openapi.") : []),
    ...checkShape(options, "tls", ["certPath", "keyPath", "caPath"]),
    ...(isObject(tls) ? ["certPath", "keyPath"].flatMap((key) => demandText(tls, key, "tls.")) : []),
  ];
}

const FORWARD = "forwardHeaders.";

const POSITIVE = [
  "maxBodyBytes",
  "maxUnfinishedBodyBytes",
  "maxConnections",
  "maxConnectionsPerAddress",
  "timeoutMs",
  "streamTimeoutMs",
  "headersTimeoutMs",
  "bodyTimeoutMs",
  "keepAliveTimeoutMs",
  "stallTimeoutMs",
  "heartbeatMs",
] as const;

const REALTIME_POSITIVE = [
  "keepEvents",
  "keepBytes",
  "keepMs",
  "maxClients",
  "maxClientsPerPrincipal",
  "ruleTimeoutMs",
] as const;

const JSON_CHOICES = {
  fieldNames: ["camel", "proto"],
  int64: ["string", "number"],
  enumNames: ["full", "short"],
  envelope: ["none", "data"],
  errors: ["message", "detailed"],
  unknownFields: ["refuse", "ignore"],
} as const;

const KEY_SOURCES = ["secret", "publicKey", "jwksUrl", "keySet"];

function corsProblems(cors: Fields): string[] {
  const any = cors.origins === "*";
  const origins = 'origins such as "https://app.example.com", without a path, or "*"';
  return [
    ...(any ? [] : Array.isArray(cors.origins) ? [] : [wrong("cors.origins", `a list of ${origins}`, cors.origins)]),
    ...(Array.isArray(cors.origins) ? checkList(cors, "origins", origins, isOrigin, "cors.") : []),
    ...checkChoice(cors, "credentials", ["include", "omit"], "cors."),
    ...(any && cors.credentials === "include"
      ? ['cors.credentials "include" needs a list of origins, because browsers refuse it with "*"']
      : []),
    ...checkList(cors, "exposedHeaders", "header names", (it) => /^[\w-]+$/.test(it), "cors."),
    ...check(
      cors,
      "maxAgeSeconds",
      "a whole number of seconds",
      (it) => Number.isInteger(it) && Number(it) >= 0,
      "cors.",
    ),
  ];
}

function authProblems(auth: Fields): string[] {
  const given = KEY_SOURCES.filter((key) => auth[key] !== undefined);
  return [
    ...(given.length === 1
      ? given[0] === "keySet"
        ? check(auth, "keySet", "a function", (it) => typeof it === "function", "auth.")
        : demandText(auth, given[0] ?? "", "auth.")
      : [`auth needs one of ${KEY_SOURCES.join(", ")}, got ${given.length === 0 ? "none" : given.join(" and ")}`]),
    ...(auth.publicKey !== undefined && auth.algorithm === undefined
      ? [wrong("auth.algorithm", `the key's own, one of ${ASYMMETRIC_ALGORITHMS.join(", ")}`, undefined)]
      : []),
    ...checkList(auth, "acceptedSecrets", "texts that are not empty", (it) => it !== "", "auth."),
    ...["rolesClaim", "tenantClaim"].flatMap((key) =>
      check(auth, key, "the name or path of a claim", isClaim, "auth."),
    ),
    ...checkChoice(auth, "algorithm", ASYMMETRIC_ALGORITHMS, "auth."),
    ...checkList(auth, "algorithms", `of ${ASYMMETRIC_ALGORITHMS.join(", ")}`, isAsymmetric, "auth."),
    ...checkChoice(auth, "expiry", ["required", "optional"], "auth."),
    ...checkChoice(auth, "invalidTokenStatus", [401, 403], "auth."),
    ...check(auth, "clockToleranceMs", "0 or more", (it) => Number.isFinite(it) && Number(it) >= 0, "auth."),
  ];
}

function isClaim(value: unknown): boolean {
  const isName = (it: unknown): boolean => typeof it === "string" && it !== "";
  return isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName));
}

function metricsAccessProblems({ metricsAccess, auth }: GatewayOptions): string[] {
  if (metricsAccess === undefined || metricsAccess === "open" || metricsAccess === "none") return [];
  const { roles } = isObject(metricsAccess) ? metricsAccess : { roles: undefined };
  const isList =
    Array.isArray(roles) && roles.length > 0 && roles.every((role) => typeof role === "string" && role !== "");
  if (!isList)
    return [
      wrong("metricsAccess", '"open", "none" or an object with roles, such as { roles: ["operator"] }', metricsAccess),
    ];
  return auth
    ? []
    : ["metricsAccess has roles, which nothing verifies: set auth, or serve metrics on a port of their own"];
}

function realtimeProblems(realtime: Fields): string[] {
  const events = Array.isArray(realtime.events) ? (realtime.events as readonly unknown[]) : [];
  const isLive = (it: unknown) =>
    isObject(it) && isObject(it.event) && (it.maySee === "everyone" || typeof it.maySee === "function");
  const names = events.filter(isLive).map((it) => (it as { event: { name: string } }).event.name);
  return [
    ...(isObject(realtime.transport) ? [] : [wrong("realtime.transport", "an event transport", realtime.transport)]),
    ...(events.length > 0 && events.every(isLive)
      ? []
      : ["realtime.events must be a list of liveEvent(Event, rule) that is not empty"]),
    ...names
      .filter((name, at) => names.indexOf(name) !== at)
      .map((name) => `realtime.events has two named ${JSON.stringify(name)}`),
    ...check(realtime, "listeners", "a list of onEvent(Event, listener)", isListenerList, "realtime."),
    ...REALTIME_POSITIVE.flatMap((key) => check(realtime, key, "a positive number", isPositive, "realtime.")),
  ];
}

function isListenerList(value: unknown): boolean {
  const isListener = (it: unknown) => isObject(it) && isObject(it.event) && typeof it.hear === "function";
  return Array.isArray(value) && value.every(isListener);
}

type Fields = Readonly<Record<string, unknown>>;

function wrong(name: string, expected: string, value: unknown): string {
  return `${name} must be ${expected}, got ${JSON.stringify(value) ?? String(value)}`;
}

/** What is left out is not checked: it has a default. */
function check(
  holder: object,
  key: string,
  expected: string,
  holds: (value: unknown) => boolean,
  prefix = "",
): string[] {
  const value = (holder as Fields)[key];
  return value === undefined || holds(value) ? [] : [wrong(prefix + key, expected, value)];
}

function checkChoice(holder: object | undefined, key: string, choices: readonly unknown[], prefix: string): string[] {
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  return isObject(holder) ? check(holder, key, expected, (value) => choices.includes(value), prefix) : [];
}

/** Every member of a list, each told on its own. */
function checkList(
  holder: object | undefined,
  key: string,
  expected: string,
  holds: (member: string) => boolean,
  prefix = "",
): string[] {
  const list = isObject(holder) ? holder[key] : undefined;
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [wrong(prefix + key, `a list of ${expected}`, list)];
  return list
    .filter((member) => typeof member !== "string" || !holds(member))
    .map((member) => wrong(prefix + key, expected, member));
}

/** A misspelt name would be ignored in silence: it is told, with those that there are. */
function checkShape(options: object, key: string, known: readonly string[]): string[] {
  const value = (options as Fields)[key];
  if (value === undefined) return [];
  if (!isObject(value)) return [wrong(key, `an object with ${known.join(", ")}`, value)];
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => `${key}.${name} is not an option; there are ${known.join(", ")}`);
}

function demandText(holder: Fields, key: string, prefix: string): string[] {
  const value = holder[key];
  return typeof value === "string" && value !== "" ? [] : [wrong(prefix + key, "a text that is not empty", value)];
}

function twice(names: readonly string[]): string[] {
  return names
    .filter((name, at) => names.indexOf(name) !== at)
    .map((name) => `backends has two named ${JSON.stringify(name)}`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isAsymmetric(algorithm: string): boolean {
  return ASYMMETRIC_ALGORITHMS.some((known) => known === algorithm);
}

function isOrigin(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(text);
}

function isForwardable(name: string): boolean {
  return /^[0-9a-z_.-]+$/.test(name) && !name.endsWith("-bin");
}
