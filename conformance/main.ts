/** `npm run conformance -- <suite> [options]`. See README.md. */
import { type Suite, say } from "./suite.ts";

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  connect: async () => (await import("./connect/connect-suite.ts")).connectSuite,
  h2spec: async () => (await import("./h2spec/h2spec-suite.ts")).h2specSuite,
  interop: async () => (await import("./interop/interop-suite.ts")).interopSuite,
  proxies: async () => (await import("./proxies/proxies-suite.ts")).proxiesSuite,
  fuzz: async () => (await import("./fuzz/fuzz-suite.ts")).fuzzSuite,
  soak: async () => (await import("./soak/soak-suite.ts")).soakSuite,
  hostile: async () => (await import("./hostile/hostile-suite.ts")).hostileSuite,
  schemathesis: async () => (await import("./schemathesis/schemathesis-suite.ts")).schemathesisSuite,
};

const [name = "", ...args] = process.argv.slice(2);
const load = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
if (load) {
  try {
    process.exitCode = (await (await load()).run(args)) ? 0 : 1;
  } catch (error) {
    say(`${name}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
} else {
  say("Usage: npm run conformance -- <suite> [options]\n");
  for (const [each, loadEach] of Object.entries(SUITES)) say(`  ${each.padEnd(12)} ${(await loadEach()).summary}`);
  process.exitCode = name === "" || name === "--help" ? 0 : 2;
}
