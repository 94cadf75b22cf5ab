import { type Nginx, startNginx } from "../../../../../scripts/testing/nginx.ts";

const CONFIG = new URL("../../../../../deploy/realtime/nginx.conf", import.meta.url);

/** Runs `deploy/realtime/nginx.conf` before the gateways of this run. */
export function startRealtimeNginx(ports: readonly [number, number]): Promise<Nginx> {
  return startNginx({
    config: CONFIG,
    probe: "/livez",
    replacements: ports.map((port, index) => [`api-gateway-${index + 1}:3000`, `127.0.0.1:${port}`]),
  });
}
