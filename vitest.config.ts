import { defineConfig } from "vitest/config";

/** On a shared, noisy machine one more try tells a fault from a hiccup; what needed it is named by the reporter. */
const RETRIES_IN_CI = 1;

export default defineConfig({
  resolve: { conditions: ["@parley/source"] },
  ssr: { resolve: { conditions: ["@parley/source"] } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "systems/*/test/**/*.test.ts",
      "docs/**/*.test.ts",
      "scripts/**/*.test.ts",
      "conformance/**/*.test.ts",
    ],
    execArgv: ["--conditions=@parley/source"],
    retry: process.env.CI === undefined ? 0 : RETRIES_IN_CI,
    setupFiles: ["scripts/testing/fix-seed.ts"],
  },
});
