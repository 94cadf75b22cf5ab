import { serveCommands } from "../harness/child.ts";
import { cpuUs } from "../harness/cpu.ts";
import { loadRpcPeer, tlsFromArgs } from "./peer.ts";

const [, , name = "", ...certificates] = process.argv;
const peer = await loadRpcPeer(name);
const port = await peer.serve(tlsFromArgs(certificates));

const commands = { port: () => port, cpuUs };
export type ServerCommands = typeof commands;

serveCommands(commands);
