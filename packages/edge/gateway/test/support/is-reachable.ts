import { connect } from "node:net";

/** Whether a server listens there. If not, that is said, and in CI it is a failure. */
export async function isReachable(name: string, url: string): Promise<boolean> {
  const { hostname, port } = new URL(url.includes("://") ? url : `tcp://${url}`);
  const error = await new Promise<Error | undefined>((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(undefined)).on("error", resolve);
    socket.setTimeout(2_000, () => socket.destroy(new Error("no answer within 2 s")));
    socket.once("connect", () => socket.destroy());
  });
  if (!error) return true;
  const why = `no ${name} at ${hostname}:${port} (start it with "npm run services up"): ${error.message}`;
  if (process.env.CI === "true") throw new Error(why, { cause: error });
  process.stderr.write(`left out live events over ${name}: ${why}\n`);
  return false;
}
