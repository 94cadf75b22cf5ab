/** A server on Parley, as the suite's runner wants it: reads what it is to be, tells where it listens, serves until SIGTERM. */
import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { createServer } from "@parley/rpc";
import { ServerCompatRequestSchema, ServerCompatResponseSchema } from "../gen/connectrpc/conformance/v1/compat_pb.ts";
import { conformanceService } from "./conformance-service.ts";
import { engineOf } from "./engine-of.ts";
import { createPemFolder } from "./pem-folder.ts";
import { readMessages, writeMessage } from "./sized-messages.ts";

const ended = once(process, "SIGTERM");
const pems = createPemFolder();

const { value: wanted } = await readMessages(ServerCompatRequestSchema, process.stdin).next();
if (!wanted) throw new Error("the runner closed the pipe before it said what server it wants");

const { serverCreds, clientTlsCert, messageReceiveLimit } = wanted;
const [certPath, keyPath] = [pems.keep(serverCreds?.cert), pems.keep(serverCreds?.key)];
const server = createServer({
  services: [conformanceService],
  http2: engineOf(process.argv.slice(2)),
  // A caller that gives no deadline is to have none: the suite looks.
  timeoutMs: Number.POSITIVE_INFINITY,
  compression: "gzip",
  ...(messageReceiveLimit > 0 && { maxReceiveBytes: messageReceiveLimit }),
  ...(certPath && keyPath && { tls: { certPath, keyPath, caPath: pems.keep(clientTlsCert) } }),
});
const { host, port } = await server.listen({ port: 0, host: "127.0.0.1" });
const address = create(ServerCompatResponseSchema, { host, port, pemCert: serverCreds?.cert ?? new Uint8Array() });
writeMessage(ServerCompatResponseSchema, address, process.stdout);

await ended;
await server.drain({ graceMs: 0 });
process.stdin.destroy();
