import { createKernel, type Gateway } from "./kernel/create-kernel.ts";
import { type GatewayOptions, resolveGatewayOptions } from "./options.ts";
import { createOwnPages } from "./own-pages.ts";
import { createRealtime } from "./realtime/create-realtime.ts";
import { plainRoutes } from "./rest/plain/plain-routes.ts";
import { restRoutes } from "./rest/rest-routes.ts";

/**
 * Builds a gateway: routes from the contracts of its backends, routes of its own, live events, documentation and health.
 *
 * @throws TypeError if an option is wrong, an HTTP rule is broken, or two routes answer the same requests.
 */
export function createGateway(gatewayOptions: GatewayOptions): Gateway {
  const options = resolveGatewayOptions(gatewayOptions);
  const contract = restRoutes(options);
  const realtime = createRealtime(options);
  const routes = [
    ...createOwnPages(options, contract),
    ...(realtime?.routes ?? []),
    ...contract.map(({ route }) => route),
    ...plainRoutes(options),
  ];
  return createKernel(routes, options, realtime);
}
