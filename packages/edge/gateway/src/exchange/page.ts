import type { AccessRule } from "@parley/protobuf";
import type { Endpoint, Exchange } from "./exchange.ts";

/** What a page answers. */
export interface PageContent {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ANYONE: AccessRule = { callers: "anyone", roles: [], services: "allowed" };
const ANY_USER: AccessRule = { callers: "known", roles: [], services: "allowed" };

/** Who may see a page: anyone, anyone with a token, or users with one of the roles. */
export type PageAccess = "public" | "token" | { readonly roles: readonly string[] };

/** How long a page may take: it asks nobody but, at most, its backends' health. */
const PAGE_TIMEOUT_MS = 5_000;

/** An endpoint of the gateway itself: health, metrics, documentation. */
export function createPage(
  route: string,
  access: PageAccess,
  render: (exchange: Exchange) => Promise<PageContent> | PageContent,
): Endpoint {
  return {
    kind: "page",
    name: `the gateway's own ${route}`,
    route,
    access: access === "public" ? ANYONE : access === "token" ? ANY_USER : { ...ANY_USER, roles: access.roles },
    timeoutMs: PAGE_TIMEOUT_MS,
    async handle(exchange) {
      const { status, contentType, body, headers } = await render(exchange);
      exchange.answer.header("cache-control", "no-store");
      for (const [name, value] of Object.entries(headers ?? {})) exchange.answer.header(name, value);
      exchange.answer.send(status, contentType, body);
    },
  };
}
