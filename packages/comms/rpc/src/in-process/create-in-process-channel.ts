import type { Channel } from "../channel/channel.ts";
import type { ChannelOptions, CommonChannelOptions } from "../channel/options.ts";
import { connectInProcess } from "../connection/connect-in-process.ts";
import { createChannel } from "../create-channel.ts";
import type { RpcServer } from "../create-server.ts";

export type InProcessChannelOptions = CommonChannelOptions &
  Pick<ChannelOptions, "compression" | "maxReceiveBytes" | "logger">;

/** Stands for the server in errors and events; nothing is dialled. */
const TARGET = "in-process:1";

/**
 * A channel to a server in this process. Everything is as over a network (policy, headers, bytes, status, deadlines) but
 * the socket, so a test of it is a test of the real thing. The server need not listen.
 */
export function createInProcessChannel(server: RpcServer, options: InProcessChannelOptions = {}): Channel {
  return createChannel({ ...options, target: TARGET, connect: connectInProcess(server) });
}
