import { environmentVariables } from "./environment.ts";
import { contractsOf } from "./gateway.ts";
import { identityProblems } from "./identity-problems.ts";
import { environmentName, eventsDatabaseName, isDatabaseName, isPartName } from "./names.ts";
import { gatewaysOf, partsOf, providerOf, type SystemDefinition } from "./system-definition.ts";

/** Everything that is wrong with a system's definitions, one sentence each. */
export function definitionProblems(system: SystemDefinition): readonly string[] {
  return [
    ...nameProblems(system),
    ...portProblems(system),
    ...contractProblems(system),
    ...callProblems(system),
    ...identityProblems(system),
    ...databaseProblems(system),
    ...eventProblems(system),
    ...transportProblems(system),
    ...variableProblems(system),
    ...namedVariableProblems(system),
  ];
}

function* nameProblems(system: SystemDefinition): Iterable<string> {
  for (const [what, name] of [
    ["the system", system.name],
    ...system.services.map((service) => ["a service", service.name] as const),
    ...gatewaysOf(system).map((gateway) => ["a gateway", gateway.name] as const),
  ] as const) {
    if (!isPartName(name)) {
      yield `${what} has the name ${JSON.stringify(name)}; use lower-case words joined by "-", such as "user-service"`;
    }
  }
  for (const [name, parts] of groupBy(partsOf(system), (part) => part.name)) {
    if (parts.length > 1) yield `${parts.length} parts are named "${name}"; give each its own name`;
  }
  if (system.services.length === 0) yield "services is empty; a system has at least one";
}

function* portProblems(system: SystemDefinition): Iterable<string> {
  const parts = partsOf(system);
  for (const { name, port } of parts) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      yield `${name} has the port ${port}; use a whole number from 0 (any free port) to 65535`;
    }
  }
  for (const [port, sharers] of groupBy(parts, (part) => part.port)) {
    if (port !== 0 && sharers.length > 1) {
      yield `${sharers.map((part) => part.name).join(" and ")} share the port ${port}; give each its own`;
    }
  }
}

function* contractProblems(system: SystemDefinition): Iterable<string> {
  for (const service of system.services) {
    if (service.implements.length === 0) yield `${service.name} implements nothing; name at least one contract`;
  }
  const providers = system.services.flatMap((service) =>
    service.implements.map((contract) => ({ contract: contract.typeName, name: service.name })),
  );
  for (const [contract, found] of groupBy(providers, (provider) => provider.contract)) {
    if (found.length > 1) {
      yield `${contract} is implemented by ${found.map(({ name }) => name).join(" and ")}; a contract has one home`;
    }
  }
}

function* callProblems(system: SystemDefinition): Iterable<string> {
  for (const service of system.services) {
    for (const contract of service.calls.values()) {
      if (!providerOf(system, contract)) {
        yield `${service.name} calls ${contract.typeName}, which no service of the system implements`;
      }
    }
  }
  for (const gateway of gatewaysOf(system)) {
    for (const contract of contractsOf(gateway)) {
      if (!providerOf(system, contract)) {
        yield `${gateway.name} routes to ${contract.typeName}, which no service of the system implements`;
      }
    }
  }
}

function* databaseProblems(system: SystemDefinition): Iterable<string> {
  const owners = system.services.flatMap(({ name, database }) =>
    database ? [{ owner: name, name: database.name }] : [],
  );
  for (const { owner, name } of owners) {
    if (!isDatabaseName(name)) {
      yield `${owner} has the database ${JSON.stringify(name)}; use at most 63 lower-case letters, digits and "_"`;
    }
  }
  for (const [name, sharers] of groupBy(owners, (database) => database.name)) {
    if (sharers.length > 1) {
      yield `${sharers.map(({ owner }) => owner).join(" and ")} share the database "${name}"; a database has one owner`;
    }
  }
}

function* eventProblems(system: SystemDefinition): Iterable<string> {
  const own = eventsDatabaseName(system.name);
  for (const service of system.services) {
    const { name, database, queues } = service;
    if (queues.length > 0 && !database) {
      const names = queues.map((queue) => queue.name).join(", ");
      yield `${name} has the queues ${names} and no database; jobs are stored with the change that asks for them, so give it one`;
    }
    if (database?.name === own) {
      yield `${name} has the database "${own}", which is where the system's events are kept; choose another name`;
    }
    for (const list of ["publishes", "subscribes", "queues", "requests", "responds"] as const) {
      const listed: readonly { readonly kind: string; readonly name: string; readonly topic?: string }[] =
        service[list];
      // An event that moves to another topic is subscribed to on both.
      const aboutOf = ({ kind, name: of, topic = of }: (typeof listed)[number]): string =>
        topic === of ? `${kind} "${of}"` : `${kind} "${of}" on ${topic}`;
      for (const [about, found] of groupBy(listed, aboutOf)) {
        if (found.length > 1) yield `${name} lists the ${about} ${found.length} times in ${list}; once is enough`;
      }
    }
  }
  const used = [
    ...system.services.flatMap(({ name, publishes, subscribes }) =>
      [...publishes, ...subscribes].map((event) => ({ event, part: name })),
    ),
    ...gatewaysOf(system).flatMap(({ name, realtime }) =>
      [...(realtime?.events ?? []), ...(realtime?.listeners ?? [])].map(({ event }) => ({ event, part: name })),
    ),
  ];
  for (const [name, found] of groupBy(used, ({ event }) => event.name)) {
    const schemas = groupBy(found, ({ event }) => event.schema.typeName);
    if (schemas.size > 1) {
      const uses = [...schemas].map(([schema, [first]]) => `${schema} in ${first?.part}`);
      yield `the event "${name}" has several schemas: ${uses.join(", ")}; an event has one`;
    }
  }
  for (const [topic, sharers] of groupBy(used, ({ event }) => event.topic)) {
    const owner = sharers.find(({ event }) => event.name === topic);
    const guest = sharers.find(({ event }) => event.name !== topic);
    if (owner && guest) {
      yield `the event "${guest.event.name}" has the topic "${topic}", which is the event "${owner.event.name}" itself; give both a topic of another name`;
    }
  }
}

function* transportProblems({ transports = [] }: SystemDefinition): Iterable<string> {
  const schemes = transports.flatMap((transport) =>
    Object.keys(transport.schemes).map((scheme) => ({ scheme, name: transport.name })),
  );
  for (const [scheme, found] of groupBy(schemes, (one) => one.scheme)) {
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) {
      yield `the transport ${found[0]?.name} has the scheme ${JSON.stringify(scheme)}; use lower-case letters, digits, "+", "." and "-"`;
    }
    if (found.length > 1) {
      yield `transports ${found.map(({ name }) => name).join(" and ")} share the scheme "${scheme}"; list one`;
    }
  }
}

const VARIABLE_NAME = /^[A-Z][A-Z0-9_]*$/;

/** Variables that a definition names itself: none may have two meanings. */
function* namedVariableProblems(system: SystemDefinition): Iterable<string> {
  const count = new Map<string, number>();
  for (const { name } of environmentVariables(system)) count.set(name, (count.get(name) ?? 0) + 1);
  const named = [
    ...system.services.flatMap(({ name, addressVariable }) =>
      addressVariable === undefined ? [] : [[`the address of ${name}`, addressVariable] as const],
    ),
    ...Object.keys(system.variables ?? {}).map((variable) => ["variables", variable] as const),
  ];
  for (const [what, variable] of named) {
    if (!VARIABLE_NAME.test(variable)) {
      yield `${what} names the variable ${JSON.stringify(variable)}; use capitals, digits and "_", such as EMAIL_SERVICE_URL`;
    } else if ((count.get(variable) ?? 0) > 1) {
      yield `${what} names the variable ${variable}, which has another meaning already; choose another`;
    }
  }
}

/** `<SERVICE>_URL` and `<DATABASE>_URL` are one namespace. */
function* variableProblems(system: SystemDefinition): Iterable<string> {
  const services = new Set(
    system.services.flatMap(({ name, addressVariable }) => (addressVariable ? [] : [environmentName(name)])),
  );
  const databases = new Set(system.services.flatMap(({ database }) => (database ? [database.name] : [])));
  for (const taken of ["database", "events"]) {
    const variable = `${environmentName(taken)}_URL`;
    if (services.has(environmentName(taken)) || databases.has(taken)) {
      yield `the address of "${taken}" would be ${variable}, which has a meaning of its own; rename it`;
    }
  }
  for (const { name, database } of system.services) {
    if (database && services.has(environmentName(database.name))) {
      yield `the database "${database.name}" of ${name} and a service would both be set by ${environmentName(database.name)}_URL; rename one`;
    }
  }
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  return Map.groupBy(items, keyOf);
}
