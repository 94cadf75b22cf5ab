/** Typed queries on a service's database. A door of its own, so that only who uses Kysely loads it. */
export { kyselyFor } from "@parley/postgres";
