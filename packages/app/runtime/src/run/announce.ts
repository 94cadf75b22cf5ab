import type { ShownRequest } from "./example-requests.ts";
import type { RunningPart } from "./running.ts";

export interface Announcement {
  readonly parts: readonly RunningPart[];
  /** Printed as commands, if there is a gateway to send them to: the first. */
  readonly requests: readonly ShownRequest[];
  /** Whether the gateway asks for a token. */
  readonly tokens: "asked" | "none";
  /** Who may read the documentation page of each gateway, by its name; `none` if it has none. Default `public`. */
  readonly docs?: Readonly<Record<string, "public" | "token" | "none">>;
  /** Where events go, if the system shows that it has any. */
  readonly events?: string | undefined;
  readonly startedInMs: number;
}

/** What a person reads when a system is up: where its parts are, what to try, and last `ready in 1.9 s`. */
export function announce({ parts, requests, tokens, docs = {}, events, startedInMs }: Announcement): string {
  const width = Math.max(...parts.map(({ name }) => name.length));
  const places = parts.map(
    ({ name, kind, address }) =>
      `  ${name.padEnd(width)}  ${address}${kind === "gateway" ? docsNote(address, docs[name] ?? "public") : "   (gRPC)"}`,
  );
  const gateway = parts.find(({ kind }) => kind === "gateway");
  const commands = gateway ? requests.map((request) => `  ${curlCommand(gateway.address, request, tokens)}`) : [];
  return [
    "",
    ...places,
    ...(events === undefined ? [] : [`  ${"events".padEnd(width)}  ${events}`]),
    ...(commands.length > 0 ? ["", "try:", ...commands] : []),
    "",
    `ready in ${(startedInMs / 1_000).toFixed(1)} s`,
    "",
  ].join("\n");
}

/** Never a link that a browser cannot open: it sends no token. */
function docsNote(address: string, docs: "public" | "token" | "none"): string {
  if (docs === "none") return "";
  return docs === "public" ? `   (docs: ${address}/docs)` : `   (docs, with a token: ${address}/docs)`;
}

function curlCommand(
  origin: string,
  { method = "GET", path, body, access }: ShownRequest,
  tokens: "asked" | "none",
): string {
  return [
    "curl",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    `${origin}${path}`,
    ...(tokens === "asked" && access === "token" ? ['-H "authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined ? [] : ["-H 'content-type: application/json'", `-d ${shellQuote(JSON.stringify(body))}`]),
  ].join(" ");
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
