import type { Endpoint } from "../exchange/exchange.ts";
import { createPage } from "../exchange/page.ts";
import { JSON_TYPE } from "../exchange/unary-endpoint.ts";
import type { HealthReport } from "./health-check.ts";

/**
 * `/health` tells how the backends are: 200 if all serve, else 503. `/livez` tells only that this process answers, for
 * who would restart it: a backend's failure is no reason to restart the gateway.
 */
export function createHealthPages(check: () => Promise<HealthReport>): readonly Endpoint[] {
  return [
    createPage("/health", "public", async () => {
      const report = await check();
      return { status: report.status === "ok" ? 200 : 503, contentType: JSON_TYPE, body: JSON.stringify(report) };
    }),
    createPage("/livez", "public", () => ({ status: 200, contentType: JSON_TYPE, body: '{"status":"ok"}' })),
  ];
}
