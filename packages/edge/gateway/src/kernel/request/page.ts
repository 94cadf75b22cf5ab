import type { AccessRule } from "@parley/protobuf";
import { parsePathTemplate } from "../path-template.ts";
import type { Route } from "../route.ts";
import type { RouteRequest } from "../route-request.ts";

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

/** How long a page may take: at most it waits for the backends' health. */
const PAGE_TIMEOUT_MS = 5_000;

/** A route of the gateway itself: health, metrics, documentation. */
export function createPage(
  path: string,
  access: PageAccess,
  render: (request: RouteRequest) => Promise<PageContent> | PageContent,
): Route {
  return {
    kind: "page",
    name: `the gateway's own ${path}`,
    method: "GET",
    template: parsePathTemplate(path),
    access: access === "public" ? ANYONE : access === "token" ? ANY_USER : { ...ANY_USER, roles: access.roles },
    timeoutMs: PAGE_TIMEOUT_MS,
    async handle(request) {
      const { status, contentType, body, headers } = await render(request);
      return { status, headers: { "cache-control": "no-store", ...headers, "content-type": contentType }, body };
    },
  };
}
