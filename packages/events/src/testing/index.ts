export type * from "./transport-harness.ts";
