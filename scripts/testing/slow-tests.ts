/**
 * Test files that `npm test` leaves to `npm test -- --all`: they need a broker, start and kill whole processes,
 * freeze servers, or repeat a fault many times. Paths from the root; a pattern, or a file.
 */
export const SLOW_TESTS: readonly string[] = [
  "conformance/**/*.test.ts",
  "deploy/test/**/*.test.ts",
  // What needs a broker, and brokers and databases that are killed and frozen.
  "packages/adapters/transport-*/test/**/*.test.ts",
  "packages/adapters/postgres/test/**/*faults.test.ts",
  "packages/adapters/postgres/test/events/transport-*.test.ts",
  "packages/edge/gateway/test/realtime-transports.test.ts",
  "packages/base/wire/test/http2/floods.test.ts",
  "packages/comms/rpc/test/reliability/leaving-clients.test.ts",
  "packages/edge/gateway/test/leaving-clients.test.ts",
  "packages/edge/gateway/test/realtime-slow.test.ts",
  "packages/edge/gateway/test/realtime-nginx.test.ts",
  // Systems as processes of their own.
  "packages/app/cli/test/processes/**/*.test.ts",
  "packages/app/cli/test/runtime/{silent,defects,full-disk,database-returns,frozen-backend,log-warnings,traces}.test.ts",
  "packages/app/cli/test/events/{brokers,outage,shared-topic,lent-transport}.test.ts",
  "packages/app/cli/test/cli/{check,doctor,interrupt,languages,migrate,start,transcripts,user-token}.test.ts",
  "packages/app/cli/test/identity/users.test.ts",
  "systems/gradeloop/test/{crash,first-admin,nats,postgres,roles}.test.ts",
  "systems/orders/test/{nginx,postgres,resilience}.test.ts",
];
