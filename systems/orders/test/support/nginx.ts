import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Nginx, startNginx } from "../../../../scripts/testing/nginx.ts";

const CONFIG = new URL("../../../../deploy/orders/nginx.conf", import.meta.url);
const ACCESS_LOG = "access.log";

/** One line of the access log. */
export interface Access {
  readonly status: number;
  readonly upstream: string;
  readonly requestId: string;
}

export interface OrdersNginx extends Nginx {
  /** The first lines of the access log, once there are so many: nginx writes each after its answer. */
  accesses(count: number): Promise<readonly Access[]>;
}

/** Runs `deploy/orders/nginx.conf` with the addresses of this run in place of those of the compose file. */
export async function startOrdersNginx(gateways: readonly [string, string, string]): Promise<OrdersNginx> {
  const nginx = await startNginx({
    config: CONFIG,
    probe: "/health",
    replacements: [
      // A socket, which is what a child of Node gets for its standard output, cannot be opened by that name.
      ["access_log /dev/stdout", `access_log ${ACCESS_LOG}`],
      ...gateways.map((gateway, index) => [`api-gateway-${index + 1}:3000`, gateway] as const),
    ],
  });
  return { ...nginx, accesses: (count) => readAccesses(join(nginx.prefix, ACCESS_LOG), count) };
}

async function readAccesses(path: string, count: number): Promise<readonly Access[]> {
  const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
  return lines.length < count
    ? readAccesses(path, count)
    : lines.slice(0, count).map((line) => JSON.parse(line) as Access);
}
