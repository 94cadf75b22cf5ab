import { fileURLToPath } from "node:url";
import type { LoadedSystem } from "@parley/runtime";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import type { SystemOptions } from "parleyjs";
import { defineGateway, defineService, defineSystem } from "parleyjs";
import { ClerkService, KeyService, VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";

export const ISSUER = "https://keys.example";
export const SECRET = "a secret of the test, long enough for HS256";

/** Signs users in, and tells the vault's system with which keys. */
export interface Issuer {
  /** The keys told; a test adds and takes away. */
  readonly told: Record<string, string>[];
  /** How often they were asked for. */
  asked: number;
  /** The metadata of each time. */
  readonly askers: { readonly caller: string | undefined; readonly authorization: string | undefined }[];
  state: "up" | "down";
  token(claims?: JWTPayload, options?: { kid?: string; alg?: string; lifetime?: string }): Promise<string>;
  addKey(kid: string, alg: string): Promise<void>;
}

export async function createIssuer(): Promise<Issuer> {
  const keys = new Map<string, { alg: string; privateKey: Parameters<SignJWT["sign"]>[0] }>();
  const issuer: Issuer = {
    told: [],
    asked: 0,
    askers: [],
    state: "up",
    async token(claims = {}, { kid = "one", alg, lifetime = "1h" } = {}) {
      const key = keys.get(kid) ?? keys.get("one");
      if (!key) throw new Error("no key");
      return new SignJWT({ sub: "ada", iss: ISSUER, ...claims })
        .setProtectedHeader({ alg: alg ?? key.alg, kid })
        .setExpirationTime(lifetime)
        .sign(key.privateKey);
    },
    async addKey(kid, alg) {
      const { privateKey, publicKey } = await generateKeyPair(alg);
      keys.set(kid, { alg, privateKey });
      issuer.told.push({ ...((await exportJWK(publicKey)) as Record<string, string>), kid, alg });
    },
  };
  await issuer.addKey("one", "ES256");
  return issuer;
}

/** A system of three services and a gateway: one tells the keys, one is guarded, one calls it. */
export function vaultSystem(issuer: Issuer, options: Partial<SystemOptions> = {}): LoadedSystem {
  const keyService = defineService({
    name: "key-service",
    port: 0,
    implements: KeyService,
    setup: () => ({
      methods: {
        getPublicKeys(_request, { caller, authorization }) {
          issuer.asked += 1;
          issuer.askers.push({ caller, authorization });
          if (issuer.state === "down") throw new Error("down");
          return { keys: issuer.told };
        },
      },
    }),
  });
  const vaultService = defineService({
    name: "vault-service",
    port: 0,
    implements: VaultService,
    setup: () => ({
      methods: {
        peek: (_request, context) => who(context),
        look: (_request, context) => who(context),
        open: (_request, context) => who(context),
        clean: (_request, context) => who(context),
        async *watch(_request, context) {
          yield who(context);
        },
      },
    }),
  });
  const clerkService = defineService({
    name: "clerk-service",
    port: 0,
    implements: ClerkService,
    calls: { vault: VaultService },
    setup: ({ calls }) => {
      const ask = (method: string) => {
        if (method !== "look" && method !== "open" && method !== "clean") throw new Error(`no method ${method}`);
        return calls.vault[method]({});
      };
      return { methods: { forward: ({ method }) => ask(method), alone: ({ method }) => ask(method) } };
    },
  });
  const definition = defineSystem({
    name: "vault",
    services: [keyService, vaultService, clerkService],
    gateways: [
      defineGateway({
        name: "door",
        port: 0,
        routes: [VaultService, ClerkService],
        json: { errors: "detailed" },
      }),
    ],
    identity: { issuer: ISSUER, keys: { contract: KeyService, method: "getPublicKeys" } },
    ...options,
  });
  const directory = fileURLToPath(new URL("../fixtures/vault", import.meta.url));
  return { definition, directory, entry: `${directory}/system.ts` };
}

interface Who {
  readonly caller?: string | undefined;
  readonly principal?: { readonly subject: string } | undefined;
  readonly tenant?: string | undefined;
}

function who({ caller = "", principal, tenant = "" }: Who) {
  return { caller, subject: principal?.subject ?? "", tenant };
}
