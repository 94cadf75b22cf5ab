import { serveCommands } from "../harness/child.ts";
import { closedLoop, type Load } from "../harness/closed-loop.ts";
import { type HttpConnection, openHttpConnection } from "./http-connection.ts";
import { createToken } from "./token.ts";

const [, , port, auth] = process.argv;
const headers: Record<string, string> = auth === "on" ? { authorization: `Bearer ${await createToken()}` } : {};

/** One connection for each request in flight, opened before the clock starts. */
async function measure(load: Load) {
  const idle: HttpConnection[] = await Promise.all(
    Array.from({ length: load.inFlight }, () => openHttpConnection(Number(port), headers)),
  );
  const all = [...idle];
  try {
    return await closedLoop(async () => {
      const connection = idle.pop() as HttpConnection;
      await connection.request();
      idle.push(connection);
    }, load);
  } finally {
    for (const connection of all) connection.close();
  }
}

const commands = { measure };
export type LoadCommands = typeof commands;

serveCommands(commands);
