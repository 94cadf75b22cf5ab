import { operationOf } from "@parley/core";
import { formatDurationMs } from "@parley/core/internal";
import { httpBindingsOf } from "@parley/protobuf";
import type { ResolvedConfig } from "@parley/runtime";
import { routeTimeout } from "@parley/runtime/internal";
import type { GatewayDefinition } from "parleyjs";
import { contractsOf } from "parleyjs/internal";
import { type Diagnosis, ok } from "./diagnosis.ts";

/** When each route of the gateway ends, and which setting says so. */
export function checkTimeouts(config: ResolvedConfig, gateway: GatewayDefinition): readonly Diagnosis[] {
  const { timeouts } = config.gatewayOf(gateway.name);
  return contractsOf(gateway).flatMap(({ methods }) =>
    methods.flatMap((method) => {
      const { timeoutMs, from } = routeTimeout(timeouts, operationOf(method));
      return httpBindingsOf(method).map(({ verb, template }) =>
        ok(
          "timeouts",
          `${verb} ${gateway.basePath ?? ""}${template} ends after ${formatDurationMs(timeoutMs)} (${from})`,
        ),
      );
    }),
  );
}
