import { readFileSync } from "node:fs";
import { Metadata, systemClock, toParleyError } from "@parley/core";
import { signServiceToken } from "@parley/identity";
import { createChannel, createClient } from "@parley/rpc";
import { readPolicy } from "@parley/runtime/internal";
import { type StartedSystem, startForTest } from "@parley/runtime/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import { createIssuer, type Issuer, SECRET, vaultSystem } from "./vault.ts";

/** What docs/identity.md says is so. */
const PAGE = readFileSync(new URL("../../../../../docs/identity.md", import.meta.url), "utf8");

let issuer: Issuer;
let system: StartedSystem;
beforeAll(async () => {
  issuer = await createIssuer();
  system = await startForTest(vaultSystem(issuer), { env: { SERVICE_TOKEN_SECRET: SECRET } });
});
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

/** The methods whose rules the columns name. */
const METHODS = {
  "`public`": "peek",
  "no `roles`": "look",
  "`roles`": "open",
  "`roles` and `services`": "clean",
} as const;

/** Who the rows name, as the headers of a call. */
const CALLERS: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
  "a user with the role": () => as("clerk-service", { roles: ["admin"] }),
  "a user without it": () => as("clerk-service", { roles: ["student"] }),
  "a service, with no user behind it": () => as("clerk-service"),
  "nobody known": () => as("door"),
};

async function as(service: string, claims?: object): Promise<Record<string, string>> {
  const token = await signServiceToken(
    { service, audience: ["vault-service"] },
    { secret: SECRET, clock: systemClock },
  );
  const user = claims && { authorization: `Bearer ${await issuer.token({ ...claims })}` };
  return { "x-service-token": token, ...user };
}

/** The rows of the table of access: who, then a cell for each column. */
function accessTable(): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const lines = PAGE.split("\n");
  const cellsOf = (line = ""): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const head = lines.findIndex((line) => line.startsWith("| who calls |"));
  const length = lines.slice(head).findIndex((line) => !line.startsWith("|"));
  return { columns: cellsOf(lines[head]).slice(1), rows: lines.slice(head + 2, head + length).map(cellsOf) };
}

test("the table of access is what a service does, cell by cell", async () => {
  const channel = createChannel({ target: system.addressOf("vault-service") });
  const client = createClient(VaultService, channel);
  const { columns, rows } = accessTable();
  expect(columns).toEqual(Object.keys(METHODS));
  expect(rows.map(([who]) => who)).toEqual(Object.keys(CALLERS));
  for (const [who = "", ...cells] of rows) {
    const metadata = new Metadata(Object.entries((await CALLERS[who]?.()) ?? {}));
    const found = columns.map((column) =>
      client[METHODS[column as keyof typeof METHODS]]({}, { metadata }).then(
        () => "yes",
        (error: unknown) => toParleyError(error).code,
      ),
    );
    expect([who, ...(await Promise.all(found))]).toEqual([who, ...cells]);
  }
  await channel.close();
});

test("its policy is one", async () => {
  const [, policy = ""] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? [];
  expect(await readPolicy(policy, "page")).toMatchObject({
    problems: [],
    policy: { identity: { serviceTokens: "required" } },
  });
});
