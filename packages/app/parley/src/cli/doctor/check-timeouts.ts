import { operationOf } from "@parley/core";
import { formatDurationMs } from "@parley/core/internal";
import { httpBindingsOf } from "@parley/protobuf";
import { routeTimeout } from "../../config/call-timeouts.ts";
import type { ResolvedConfig } from "../../config/resolved-config.ts";
import type { GatewayDefinition } from "../../define/gateway.ts";
import { type Diagnosis, ok } from "./diagnosis.ts";

/** When each route of the gateway ends, and which setting says so. */
export function checkTimeouts({ timeouts }: ResolvedConfig, gateway: GatewayDefinition): readonly Diagnosis[] {
  return gateway.routes.flatMap(({ methods }) =>
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
