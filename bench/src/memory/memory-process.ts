/** One side of a runtime, server or client, that can be asked how much memory it holds. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { serveCommands } from "../harness/child.ts";
import { loadRpcPeer, type RpcClient } from "../rpc/peer.ts";

/** So many dials at once: more would only fill the backlog of the listener. */
const DIALS_AT_ONCE = 64;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: object) => void;
/** As V8 collects before it gives up for want of memory: the young generation, which had grown with the work, shrinks as well. */
const ALL_THERE_IS = { type: "major", execution: "sync", flavor: "last-resort" };

const [, , name = "", side, serverPort] = process.argv;
const peer = await loadRpcPeer(name);
const port = side === "server" ? await peer.serve() : Number(serverPort);
const clients: RpcClient[] = [];

async function connectAll(count: number): Promise<void> {
  let left = count;
  const dial = async (): Promise<void> => {
    while (left-- > 0) {
      const client = await peer.connect(port);
      await client.getUser();
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: DIALS_AT_ONCE }, dial));
}

/** Opens streams on connections that are there, one after the other on each. */
async function holdStreams(perConnection: number): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      for (let opened = 0; opened < perConnection; opened++) await client.holdStream();
    }),
  );
}

/** So many short streams and calls on each connection, until what they run is compiled: that is done once, and no cost of one more. */
async function warmUp(perConnection: number): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      for (let made = 0; made < perConnection; made++) {
        await client.getUser();
        await client.readTicks(1);
      }
    }),
  );
}

/** What the system has given the process, once garbage is gone, and the room for more. */
async function residentBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect(ALL_THERE_IS);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return process.memoryUsage.rss();
}

const commands = { port: () => port, connectAll, warmUp, holdStreams, residentBytes };
export type MemoryCommands = typeof commands;

serveCommands(commands);
