import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections: Linux from 32,768 on, others from 49,152. */
const [FIRST, LIMIT] = [10_000, 32_000];

/**
 * A port of this machine that is free, for a server that is started later, or again and again. One that the system itself chose
 * would in the meantime be given to some connection of another process.
 *
 * @param distances of the other ports that the server takes beside this one.
 */
export async function freePort(...distances: readonly number[]): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LIMIT - FIRST - Math.max(0, ...distances)));
    const free = await Promise.all([0, ...distances].map((distance) => isFree(port + distance)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
