/** One kind of bad client, in a process of its own: `bad-client-process.ts <kind> <host> <port> <milliseconds>`. */
import { BAD_CLIENTS } from "./bad-clients.ts";

const [kind = "", host = "", port = "", milliseconds = ""] = process.argv.slice(2);
const client = BAD_CLIENTS[kind];
if (!client) throw new Error(`no bad client "${kind}"; there are: ${Object.keys(BAD_CLIENTS).join(", ")}`);
const signal = AbortSignal.timeout(Number(milliseconds));
await client({ host, port: Number(port) }, signal);
process.exit();
