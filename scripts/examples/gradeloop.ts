import { SYSTEM, startParley } from "./parley.ts";

/** A gradeloop of its own that runs for the examples. */
export interface Gradeloop {
  /** Where its parts are, under the variables by which the examples look for them. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly gatewayUrl: string;
  stop(): Promise<void>;
}

export interface GradeloopOptions {
  readonly natsUrl: string;
  /** The secret that service tokens are signed with. */
  readonly secret: string;
  readonly dataDir: string;
}

const PARTS = ["academics-service", "assignment-service", "email-notify-service", "iam-service", "cipas-service"];
const START_LIMIT_MS = 120_000;
const RUN_LIMIT_MS = 900_000;

interface Ready {
  readonly ready: { readonly parts: readonly { readonly name: string; readonly address: string }[] };
}

/** Starts the whole system on free ports, with an embedded database of its own and events over NATS. */
export async function startGradeloop({ natsUrl, secret, dataDir }: GradeloopOptions): Promise<Gradeloop> {
  const ports = [...PARTS, "gateway"].map((name) => [`${variableOf(name)}_PORT`, "0"] as const);
  const running = startParley(["dev", SYSTEM, "--json"], {
    timeoutMs: RUN_LIMIT_MS,
    env: {
      ...Object.fromEntries(ports),
      EVENTS_URL: natsUrl,
      SERVICE_TOKEN_SECRET: secret,
      PARLEY_DATA_DIR: dataDir,
      DATABASE_URL: "",
      NODE_ENV: "",
      LOG_LEVEL: "warn",
    },
  });
  const stop = async (): Promise<void> => {
    running.stop();
    await running.ended;
  };
  try {
    const output = await running.printed('"ready":', START_LIMIT_MS);
    const line = output.split("\n").find((text) => text.includes('"ready":')) ?? "";
    const { parts } = (JSON.parse(line) as Ready).ready;
    const addressOf = (name: string): string => parts.find((part) => part.name === name)?.address ?? "";
    return {
      gatewayUrl: addressOf("gateway"),
      addresses: {
        ...Object.fromEntries(PARTS.map((name) => [`${variableOf(name)}_URL`, addressOf(name)])),
        GATEWAY_URL: addressOf("gateway"),
        NATS_URL: natsUrl,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function variableOf(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
