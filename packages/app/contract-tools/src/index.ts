export type { BreakingResult } from "./check/breaking.ts";
export { checkContracts } from "./check/check.ts";
export { findingPlace } from "./check/finding.ts";
export { createContractKeeper } from "./contract-keeper.ts";
export { generateContracts } from "./generate.ts";
export type { FileChange } from "./generated-files.ts";
export { importableContracts } from "./languages/typescript.ts";
