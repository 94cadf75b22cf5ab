export { type DatabaseSubject, describeDatabase } from "./describe-database.ts";
export { type QueryAnswer, type RealPostgres, realPostgres } from "./real-postgres.ts";
