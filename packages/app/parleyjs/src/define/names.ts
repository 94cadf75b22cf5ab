/** The rule of every name in a system. */
const PART_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** What PostgreSQL keeps of a name; longer ones are cut, and two could become one. */
const MAX_DATABASE_NAME_LENGTH = 63;

export function isPartName(name: string): boolean {
  return PART_NAME.test(name);
}

/** Names that need no quotes in SQL. */
export function isDatabaseName(name: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(name) && name.length <= MAX_DATABASE_NAME_LENGTH;
}

/** How a name appears in the environment: `user-service` is `USER_SERVICE`. */
export function environmentName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** The database, or embedded schema, of a system's events where no broker is named. */
export function eventsDatabaseName(system: string): string {
  return `${system.replaceAll("-", "_")}_events`;
}
