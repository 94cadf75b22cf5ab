import { serveCommands } from "../harness/child.ts";
import { closedLoop, type Load } from "../harness/closed-loop.ts";
import { RPC_CASES, type RpcCaseName } from "./cases.ts";
import { loadRpcPeer, tlsFromArgs } from "./peer.ts";

const [, , name = "", port, caseName, unitsPerCall, ...certificates] = process.argv;
const peer = await loadRpcPeer(name);
const client = await peer.connect(Number(port), tlsFromArgs(certificates));
const units = Number(unitsPerCall);
const call = RPC_CASES[caseName as RpcCaseName].callOf(client, units);

const commands = { measure: (load: Load) => closedLoop(call, { ...load, unitsPerCall: units }) };
export type ClientCommands = typeof commands;

serveCommands(commands);
