import { SAFE_COST, type ScryptCost } from "../iam/password.ts";
import type { FirstAdmin } from "../seed/first-admin.ts";

/** What gradeloop reads from the environment beside what every system does. */
export interface Settings {
  /** Where mail is handed over: `smtp://user:password@host:587`. Without it, mail stays in the mailboxes of `GET /notifications`. */
  readonly smtpUrl: string | undefined;
  /** Who mail comes from. */
  readonly mailFrom: string;
  /** Whether an empty system begins with a course to look at, and users whose passwords everybody knows. */
  readonly seed: boolean;
  /** Who can log in to an empty system, and make the other users. */
  readonly firstAdmin: FirstAdmin | undefined;
  /** What a guess of a password costs. Tests, which log in all the time, take a cheap one. */
  readonly passwordCost: ScryptCost;
  /** Whether webhooks may go to plain HTTP and to private addresses, as tests and development need. */
  readonly privateWebhooks: boolean;
}

/** The variables of {@link readSettings}, for `parley doctor`. */
export const SETTING_VARIABLES = {
  SMTP_URL: "Where mail is handed over: smtp://user:password@host:587. Without it mail stays in the mailboxes.",
  MAIL_FROM: "Who mail comes from.",
  ADMIN_EMAIL: "The administrator that an empty system begins with, who makes all other users.",
  ADMIN_PASSWORD: "The administrator's password, of at least 12 characters.",
  GRADELOOP_SEED: "off begins empty. In production nothing is seeded, whatever it says.",
} as const;

type SettingName = keyof typeof SETTING_VARIABLES | "NODE_ENV";

export function readSettings(env: Readonly<Partial<Record<SettingName, string | undefined>>>): Settings {
  const inDevelopment = env.NODE_ENV !== "production";
  const { ADMIN_EMAIL: email = "", ADMIN_PASSWORD: password = "" } = env;
  return {
    smtpUrl: env.SMTP_URL || undefined,
    mailFrom: env.MAIL_FROM || "gradeloop <no-reply@gradeloop.example>",
    seed: inDevelopment && env.GRADELOOP_SEED !== "off",
    firstAdmin: email === "" && password === "" ? undefined : { email, password },
    passwordCost: SAFE_COST,
    privateWebhooks: inDevelopment,
  };
}
