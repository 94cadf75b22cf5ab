import { CODES, type ErrorCode } from "@parley/core";
import { DEFAULT_BREAKER, DEFAULT_CALL_POLICY, DEFAULT_RETRY, DEFAULT_STREAM_TIMEOUT_MS } from "@parley/core/internal";
import { eventsSpec } from "./events-spec.ts";
import type { SectionSpec, ValueOf } from "./spec.ts";

const CODE_NAMES = Object.keys(CODES).filter((code): code is ErrorCode => code !== "OK");

const retrySpec = {
  kind: "section",
  about: "When and how often a failed call is tried again. Only idempotent methods, or calls the server refused.",
  fields: {
    maxAttempts: {
      kind: "integer",
      about: "Attempts in all, the first included; 1 turns retries off.",
      min: 1,
      max: 10,
      default: DEFAULT_RETRY.maxAttempts,
    },
    initialDelay: {
      kind: "duration",
      about: "The wait before the second attempt, before jitter.",
      default: DEFAULT_RETRY.backoff.initialMs,
    },
    maxDelay: { kind: "duration", about: "No wait is longer, before jitter.", default: DEFAULT_RETRY.backoff.maxMs },
    multiplier: {
      kind: "number",
      about: "Each wait is this many times the one before.",
      min: 1,
      max: 10,
      default: DEFAULT_RETRY.backoff.multiplier,
    },
    jitter: {
      kind: "choice",
      about: "full draws each wait from 0 to its length, equal from half of it on, none keeps it.",
      values: ["full", "equal", "none"],
      default: DEFAULT_RETRY.backoff.jitter,
    },
    codes: {
      kind: "list",
      about: `Codes that are retried. Default ${DEFAULT_RETRY.codes.join(", ")}.`,
      of: { kind: "choice", about: "A canonical code.", values: CODE_NAMES },
    },
    budgetTokens: {
      kind: "number",
      about: "Size of the retry budget of a target: each failure takes one, and at half nothing is retried.",
      min: 1,
      max: 1_000,
      default: DEFAULT_RETRY.budget.maxTokens,
    },
    budgetRatio: {
      kind: "number",
      about: "What each success gives back to the budget.",
      min: 0,
      max: 1,
      default: DEFAULT_RETRY.budget.tokenRatio,
    },
  },
} as const satisfies SectionSpec;

const breakerSpec = {
  kind: "switch",
  about: "When calls to a failing target are refused at once; off never refuses.",
  word: "off",
  or: {
    kind: "section",
    about: "When a circuit breaker opens and how it closes again.",
    fields: {
      window: {
        kind: "duration",
        about: "Outcomes are counted over windows of this length.",
        default: DEFAULT_BREAKER.windowMs,
      },
      minRequests: {
        kind: "integer",
        about: "Does not open before this many calls in a window.",
        min: 1,
        max: 1_000_000,
        default: DEFAULT_BREAKER.minRequests,
      },
      failureRatio: {
        kind: "number",
        about: "Opens when at least this share of the calls failed: 0.6 is 60 %.",
        min: 0.01,
        max: 1,
        default: DEFAULT_BREAKER.failureRatio,
      },
      open: { kind: "duration", about: "How long calls are refused before a trial.", default: DEFAULT_BREAKER.openMs },
      halfOpenRequests: {
        kind: "integer",
        about: "Trial calls let through; all must succeed to close, or one once the target is seen to be back.",
        min: 1,
        max: 1_000,
        default: DEFAULT_BREAKER.halfOpenRequests,
      },
    },
  },
} as const;

const callFields = {
  timeout: {
    kind: "duration",
    about: "The deadline of a call that its caller gave none; with one, the lesser counts.",
  },
  retry: retrySpec,
  breaker: breakerSpec,
} as const satisfies SectionSpec["fields"];

const loadBalancing = {
  kind: "choice",
  about: "How calls are spread over the addresses of a target.",
  values: ["pick_first", "round_robin"],
  default: "pick_first",
} as const;

/** Everything a policy file can say. */
export const POLICY_SPEC = {
  kind: "section",
  about: "The policies of a system: deadlines, retries, breakers, limits.",
  fields: {
    timeouts: {
      kind: "section",
      about: "How long each kind of work may take.",
      fields: {
        call: {
          kind: "duration",
          about: "A call to a service, from another or from the gateway.",
          default: DEFAULT_CALL_POLICY.timeoutMs,
        },
        gateway: { kind: "duration", about: "A request at the gateway, all its calls included.", default: 10_000 },
        stream: {
          kind: "duration",
          about: "A stream, from its first to its last message; streamTimeoutMs of a gateway counts before it there.",
          default: DEFAULT_STREAM_TIMEOUT_MS,
        },
        database: { kind: "duration", about: "A statement in a database.", default: 5_000 },
        dial: { kind: "duration", about: "Connecting to another service.", default: 5_000 },
        drain: {
          kind: "duration",
          about: "Finishing what runs when the system is told to stop; then it is cut off.",
          default: 10_000,
        },
      },
    },
    retry: retrySpec,
    breaker: breakerSpec,
    loadBalancing,
    limits: {
      kind: "section",
      about: "How much is taken in at once.",
      fields: {
        message: { kind: "size", about: "One gRPC message.", default: 4_194_304 },
        body: { kind: "size", about: "The body of one request at the gateway.", default: 1_048_576 },
        databaseConnections: {
          kind: "integer",
          about: "Connections that one process has to the database of one service; more statements than that wait.",
          min: 1,
          max: 1_000,
          default: 10,
        },
        unfinishedBodies: {
          kind: "size",
          about: "Bodies that clients of the gateway are still sending, together; one client may use a quarter.",
          default: 67_108_864,
        },
        connections: {
          kind: "integer",
          about: "Open connections of the gateway's clients, WebSockets included.",
          min: 1,
          max: 1_000_000,
          default: 10_000,
        },
        connectionsPerAddress: {
          kind: "integer",
          about: "Those of one IPv4 address, or one /64 of IPv6; no limit for the gateway's trustedProxies.",
          min: 1,
          max: 1_000_000,
          default: 2_000,
        },
      },
    },
    events: eventsSpec,
    identity: {
      kind: "section",
      about: "How parts prove to each other who calls.",
      fields: {
        serviceTokens: {
          kind: "choice",
          about:
            "Whether every call between parts needs a service token: always, or once SERVICE_TOKEN_SECRET is set. Required in production means that the secret must be set.",
          values: ["required", "with-secret"],
          default: "with-secret",
        },
      },
    },
    tls: {
      kind: "section",
      about:
        "TLS between the parts, from PEM files that are read again when they change. Paths are relative to this file.",
      fields: {
        cert: { kind: "text", about: "The certificate that services show, with its chain." },
        key: { kind: "text", about: "Its private key." },
        ca: { kind: "text", about: "The authorities that callers trust. Default those of the machine." },
        clients: {
          kind: "choice",
          about: "Whether a caller must show a certificate of the same authority (mutual TLS).",
          values: ["anonymous", "certified"],
          default: "anonymous",
        },
        serverName: {
          kind: "text",
          about: "The name in the services' certificate, where it is not that of the address.",
        },
        gateway: {
          kind: "section",
          about: "HTTPS at the gateway's own door. Default HTTP, as behind a proxy that ends TLS.",
          fields: {
            cert: { kind: "text", about: "The certificate that the gateway shows its clients, with its chain." },
            key: { kind: "text", about: "Its private key." },
          },
        },
      },
    },
    logging: {
      kind: "section",
      about: "What is logged, and how.",
      fields: {
        level: {
          kind: "choice",
          about: "The least level that is written.",
          values: ["debug", "info", "warn", "error", "silent"],
          default: "info",
        },
        format: { kind: "choice", about: "Default pretty on a terminal, json elsewhere.", values: ["json", "pretty"] },
      },
    },
    gateways: {
      kind: "entries",
      about: "What differs for one gateway, where a system has several.",
      names: "the name of a gateway, such as admin-gateway",
      of: {
        kind: "section",
        about:
          "What differs for this gateway; it counts before timeouts, limits and tls.gateway, and before their variables.",
        fields: {
          timeout: { kind: "duration", about: "A request, all its calls included." },
          streamTimeout: { kind: "duration", about: "A stream, from its first to its last message." },
          body: { kind: "size", about: "The body of one request." },
          unfinishedBodies: { kind: "size", about: "Bodies that clients are still sending, together." },
          connections: { kind: "integer", about: "Open connections, WebSockets included.", min: 1, max: 1_000_000 },
          connectionsPerAddress: {
            kind: "integer",
            about: "Those of one IPv4 address, or one /64 of IPv6.",
            min: 1,
            max: 1_000_000,
          },
          cors: {
            kind: "section",
            about: "Which pages of other origins may call, in place of what the definition says.",
            fields: {
              origins: {
                kind: "list",
                about: "Those origins.",
                of: { kind: "text", about: "An origin such as https://app.example.com, or * alone for any." },
              },
              credentials: {
                kind: "choice",
                about: "Whether cookies and tokens set by the browser are allowed.",
                values: ["include", "omit"],
              },
            },
          },
          tls: {
            kind: "section",
            about: "HTTPS at this gateway.",
            fields: {
              cert: { kind: "text", about: "The certificate that it shows its clients, with its chain." },
              key: { kind: "text", about: "Its private key." },
            },
          },
        },
      },
    },
    services: {
      kind: "entries",
      about: "What differs for one contract, and for single methods of it.",
      names: "the full name of a contract, such as users.v1.UserService",
      of: {
        kind: "section",
        about: "What differs for the calls to this contract.",
        fields: {
          ...callFields,
          loadBalancing: {
            kind: "choice",
            about: "How calls to the service of this contract are spread.",
            values: loadBalancing.values,
          },
          methods: {
            kind: "entries",
            about: "What differs for the calls to single methods.",
            names: "the name of a method, such as GetUser",
            of: { kind: "section", about: "What differs for the calls to this method.", fields: callFields },
          },
        },
      },
    },
  },
} as const satisfies SectionSpec;

/** A policy file as it was written. */
export type PolicyFile = ValueOf<typeof POLICY_SPEC>;
/** The settings that can differ per gateway. */
export type GatewaySettings = ValueOf<typeof POLICY_SPEC.fields.gateways.of>;
/** The settings that can differ per contract and method. */
export type CallSettings = ValueOf<{ kind: "section"; fields: typeof callFields }>;
export type RetrySettings = ValueOf<typeof retrySpec>;
export type BreakerSettings = ValueOf<typeof breakerSpec>;
