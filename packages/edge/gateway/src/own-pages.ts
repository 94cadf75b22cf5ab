import { EVENTS_HEALTH } from "@parley/core/internal";
import { type BackendProbe, createHealthCheck } from "./kernel/health/health-check.ts";
import { createHealthPages } from "./kernel/health/health-pages.ts";
import { createPage } from "./kernel/request/page.ts";
import type { Route } from "./kernel/route.ts";
import type { ResolvedGatewayOptions } from "./options.ts";
import { createGrpcProbe } from "./rest/grpc-probe.ts";
import { createDocsPages } from "./rest/openapi/docs-pages.ts";
import type { ContractEndpoint } from "./rest/rest-routes.ts";

/** The pages of the gateway itself. They are routed like any other, so that a contract cannot take one by accident. */
export function createOwnPages(
  options: ResolvedGatewayOptions,
  contract: readonly ContractEndpoint[],
): readonly Route[] {
  const probes = new Map<string, BackendProbe>(
    options.backends.map(({ name, channel, probe }) => [name, probe ?? createGrpcProbe(channel)]),
  );
  const optional = options.backends.filter(({ readiness }) => readiness === "optional").map(({ name }) => name);
  const events = options.backends.map(({ channel }) => createGrpcProbe(channel, EVENTS_HEALTH));
  const { metrics, metricsAccess } = options;
  return [
    ...createHealthPages(createHealthCheck({ backends: probes, events }, options.clock), optional),
    ...createDocsPages(options, contract),
    ...(metrics && metricsAccess !== "none"
      ? [
          createPage("/metrics", metricsAccess === "open" ? "public" : metricsAccess, async () => ({
            status: 200,
            contentType: metrics.contentType,
            body: await metrics.text(),
          })),
        ]
      : []),
  ];
}
