import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { SLOW_TESTS } from "./scripts/testing/slow-tests.ts";

/** On a shared, noisy machine one more try tells a fault from a hiccup; what needed it is named by the reporter. */
const RETRIES_IN_CI = 1;

/** A guard against tests that hang, not a judgement of speed: a busy machine may take its time. */
const TEST_LIMIT_MS = 30_000;

const TESTS = [
  "packages/*/*/test/**/*.test.ts",
  "systems/*/test/**/*.test.ts",
  "docs/**/*.test.ts",
  "scripts/**/*.test.ts",
  "conformance/**/*.test.ts",
  "deploy/**/*.test.ts",
];

export default defineConfig({
  resolve: { conditions: ["@parley/source"] },
  ssr: { resolve: { conditions: ["@parley/source"] } },
  test: {
    execArgv: ["--conditions=@parley/source"],
    // One for each core: a file waits for its servers as much as it works. Vitest's own default leaves one core idle.
    maxWorkers: availableParallelism(),
    testTimeout: TEST_LIMIT_MS,
    hookTimeout: TEST_LIMIT_MS,
    retry: process.env.CI === undefined ? 0 : RETRIES_IN_CI,
    projects: [
      { extends: true, test: { name: "quick", include: TESTS, exclude: [...configDefaults.exclude, ...SLOW_TESTS] } },
      { extends: true, test: { name: "slow", include: [...SLOW_TESTS] } },
    ],
    setupFiles: ["scripts/testing/fix-seed.ts", "scripts/testing/fail-on-unhandled-rejection.ts"],
  },
});
