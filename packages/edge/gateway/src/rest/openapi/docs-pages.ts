import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { JSON_TYPE } from "../../kernel/problem.ts";
import { createPage } from "../../kernel/request/page.ts";
import type { Route } from "../../kernel/route.ts";
import type { ResolvedGatewayOptions } from "../../options.ts";
import type { ContractEndpoint } from "../rest-routes.ts";
import { createOpenApiDocument } from "./openapi-document.ts";

/** The page's files lie beside the code, in `assets/docs`; none of them asks another host for anything. */
const ASSETS = new URL("../../../assets/docs/", import.meta.url);

const PAGE_POLICY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
};

/** `/docs` is a page to read and try the API; the document itself is there as JSON and as YAML. */
export function createDocsPages(
  { openapi, json, auth, basePath, realtime, routes }: ResolvedGatewayOptions,
  contract: readonly ContractEndpoint[],
): readonly Route[] {
  if (openapi === false) return [];
  const { access = "public", ...about } = openapi;
  let texts: { readonly json: string; readonly yaml: string } | undefined; // described when first asked for
  const described = () => {
    if (!texts) {
      const security = auth ? "token" : "none";
      const live = realtime && { basePath, events: realtime.events };
      const document = createOpenApiDocument({ ...about, contract, routes, style: json, security, live });
      texts = {
        json: JSON.stringify(document, null, 2),
        yaml: stringify(document, { aliasDuplicateObjects: false }),
      };
    }
    return texts;
  };
  return [
    asset("/docs", "index.html", "text/html; charset=utf-8", access),
    asset("/docs/page.js", "page.js", "text/javascript; charset=utf-8", access),
    asset("/docs/page.css", "page.css", "text/css; charset=utf-8", access),
    createPage("/docs/openapi.json", access, () => ({ status: 200, contentType: JSON_TYPE, body: described().json })),
    createPage("/docs/swagger.yaml", access, () => ({
      status: 200,
      contentType: "application/yaml; charset=utf-8",
      body: described().yaml,
    })),
  ];
}

function asset(route: string, file: string, contentType: string, access: "public" | "token"): Route {
  const body = readFileSync(new URL(file, ASSETS), "utf8");
  return createPage(route, access, () => ({ status: 200, contentType, body, headers: PAGE_POLICY }));
}
