import { serveCommands } from "../harness/child.ts";
import { cpuUs } from "../harness/cpu.ts";
import type { GatewayPeer } from "./peer.ts";

const [, , name = "", backendPort, auth] = process.argv;
const { peer } = (await import(new URL(`./peers/${name}.ts`, import.meta.url).href)) as { peer: GatewayPeer };
const port = await peer.serve(Number(backendPort), auth === "on" ? "on" : "off");

const commands = { port: () => port, cpuUs };
export type GatewayCommands = typeof commands;

serveCommands(commands);
