import { fileURLToPath } from "node:url";
import type { LoadedSystem } from "@parley/runtime";
import { type StartedSystem, startForTest } from "@parley/runtime/testing";
import { vi } from "vitest";
import { gradeloop } from "../../gradeloop.ts";
import type { Settings } from "../../shared/settings.ts";

// A database starts in seconds where several start at once.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const directory = fileURLToPath(new URL("../..", import.meta.url));

export interface StartOptions {
  /** Over the environment of a test: free ports, and data of its own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Over those of a test: seeded, mail stays in the mailboxes. */
  readonly settings?: Partial<Settings>;
}

/** Where many tests share few processors, the limits of the policy are met by what is merely slow. */
const PATIENT = { CALL_TIMEOUT: "20s", GATEWAY_TIMEOUT: "20s", DATABASE_TIMEOUT: "20s" };

export function loadedGradeloop(settings: Partial<Settings> = {}): LoadedSystem {
  const definition = gradeloop({
    smtpUrl: undefined,
    mailFrom: "gradeloop <no-reply@gradeloop.example>",
    seed: true,
    firstAdmin: undefined,
    passwordCost: { logN: 10, r: 8, p: 1 },
    privateWebhooks: true,
    ...settings,
  });
  return { definition, directory, entry: `${directory}system.ts` };
}

/** The whole system in this process. Whoever starts it disposes of it. */
export function startGradeloop({ env, settings }: StartOptions = {}): Promise<StartedSystem> {
  return startForTest(loadedGradeloop(settings), { env: { ...PATIENT, ...env } });
}
