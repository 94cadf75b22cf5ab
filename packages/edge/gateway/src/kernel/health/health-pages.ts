import { JSON_TYPE } from "../problem.ts";
import { createPage } from "../request/page.ts";
import type { Route } from "../route.ts";
import { camelCase, type HealthReport } from "./health-check.ts";

/**
 * - `/health`: how all backends are; 200 if all serve, else 503.
 * - `/readyz`: whether this gateway should be sent requests; 200 if all backends serve that it cannot do without. A dead
 *   optional backend would else take every gateway out of rotation at once.
 * - `/livez`: that this process answers, for whatever would restart it: a backend's failure is no reason to.
 *
 * @param optional names of the backends that `/readyz` does not need.
 */
export function createHealthPages(check: () => Promise<HealthReport>, optional: readonly string[]): readonly Route[] {
  const spared = new Set(optional.map(camelCase));
  return [
    createPage("/health", "public", async () => {
      const report = await check();
      return { status: report.status === "ok" ? 200 : 503, contentType: JSON_TYPE, body: JSON.stringify(report) };
    }),
    createPage("/readyz", "public", async () => {
      const { services } = await check();
      const missing = Object.keys(services).filter((name) => services[name] !== "connected" && !spared.has(name));
      const status = missing.length === 0 ? "ready" : "not_ready";
      const body = JSON.stringify({ status, ...(missing.length > 0 && { missing }) });
      return { status: missing.length === 0 ? 200 : 503, contentType: JSON_TYPE, body };
    }),
    createPage("/livez", "public", () => ({ status: 200, contentType: JSON_TYPE, body: '{"status":"ok"}' })),
  ];
}
