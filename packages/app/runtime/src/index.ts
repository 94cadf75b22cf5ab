/** Runs systems: configuration, assembly of parts, processes. */
export type { ConfigFlags } from "./config/flags.ts";
export { policyJsonSchema } from "./config/policy-json-schema.ts";
export type { ConfigurationProblem } from "./config/problem.ts";
export { type ConfigSources, policyPath, resolveConfig, type SystemInFolder } from "./config/resolve-config.ts";
export type { CertificateConfig, DatabaseConfig, ResolvedConfig, TlsConfig } from "./config/resolved-config.ts";
export { type SuspiciousVariable, suspiciousVariables } from "./config/suspicious-variables.ts";
export { type ProcessGroup, type ProcessOptions, runProcesses } from "./processes/run-processes.ts";
export { type Announcement, announce } from "./run/announce.ts";
export { migrationsPath } from "./run/databases.ts";
export { exampleRequests, requestsToShow, type ShownRequest } from "./run/example-requests.ts";
export { findEntry, type LoadedSystem, loadSystem } from "./run/load-system.ts";
export { describeFailure, reportFailure } from "./run/report-failure.ts";
export { type RunOptions, runSystem, startPart } from "./run/run-system.ts";
export type { RunningPart, RunningSystem, StopLimits, StopOutcome } from "./run/running.ts";
export {
  type ExitCode,
  onStopSignals,
  type ServeOptions,
  type StopRequests,
  serveUntilStopped,
} from "./run/serve-until-stopped.ts";
