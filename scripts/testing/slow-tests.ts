/**
 * Test files that `npm test` leaves to `npm test -- --all`: they start and kill whole processes, freeze servers, or repeat a fault many
 * times. Without them the tests take less than five minutes on two cores. Paths from the root; a pattern, or a file.
 */
export const SLOW_TESTS: readonly string[] = [
  "conformance/**/*.test.ts",
  "deploy/test/**/*.test.ts",
  // Brokers and databases that are killed and frozen.
  "packages/adapters/*/test/**/*faults.test.ts",
  "packages/adapters/postgres/test/events/transport-groups.test.ts",
  "packages/comms/rpc/test/reliability/leaving-clients.test.ts",
  "packages/edge/gateway/test/leaving-clients.test.ts",
  "packages/edge/gateway/test/realtime-slow.test.ts",
  "packages/edge/gateway/test/realtime-nginx.test.ts",
  // Systems as processes of their own.
  "packages/app/cli/test/processes/**/*.test.ts",
  "packages/app/cli/test/runtime/{silent,defects,full-disk,database-returns,frozen-backend,log-warnings}.test.ts",
  "packages/app/cli/test/events/{brokers,outage,shared-topic,lent-transport}.test.ts",
  "packages/app/cli/test/cli/{start,migrate,transcripts,languages,interrupt}.test.ts",
  "systems/gradeloop/test/{crash,nats,postgres}.test.ts",
  "systems/orders/test/{nginx,postgres,resilience}.test.ts",
];
