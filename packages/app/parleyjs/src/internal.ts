export {
  addressVariable,
  COMMON_VARIABLES,
  type CommonVariable,
  databaseVariable,
  portVariable,
} from "./define/environment.ts";
export { type EventFinding, type EventFlow, eventFindings, eventFlowsOf } from "./define/event-graph.ts";
export { storesEvents, usesTransport } from "./define/event-use.ts";
export { contractsOf, plainRoutesOf } from "./define/gateway.ts";
export { keysMethodOf } from "./define/identity.ts";
export { identityProblems } from "./define/identity-problems.ts";
export { environmentName, eventsDatabaseName, isPartName } from "./define/names.ts";
export { gatewaysOf, partNamed, providerOf } from "./define/system-definition.ts";
export { describeUnguarded, findUnguarded } from "./define/unguarded.ts";
export { didYouMean, nearestWord } from "./settings/did-you-mean.ts";
export type { EventRetrySettings, EventsSettings } from "./settings/events-spec.ts";
export {
  type BreakerSettings,
  type CallSettings,
  type GatewaySettings,
  POLICY_SPEC,
  type PolicyFile,
  type RetrySettings,
} from "./settings/policy-spec.ts";
export type { EntriesSpec, ListSpec, ScalarSpec, SectionSpec, Spec, SwitchSpec, ValueOf } from "./settings/spec.ts";
