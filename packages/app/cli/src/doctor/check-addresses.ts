import { lookup } from "node:dns/promises";
import { createChannel } from "@parley/rpc";
import type { ResolvedConfig } from "@parley/runtime";
import { type Diagnosis, ok, problem, reasonOf, warning } from "./diagnosis.ts";

/** Are the addresses of called services, where the environment names them, well formed, and are their names known? */
export function checkAddresses(
  { targets }: ResolvedConfig,
  called: ReadonlySet<string>,
): Promise<readonly Diagnosis[]> {
  const wanted = [...targets].filter(([service]) => called.has(service));
  return Promise.all(wanted.map(([service, target]) => checkAddress(service, target)));
}

async function checkAddress(service: string, target: string): Promise<Diagnosis> {
  try {
    await createChannel({ target }).close(); // parses the target; connects to nobody
  } catch (error) {
    return problem("addresses", reasonOf(error), "Correct the address.");
  }
  const unknown: string[] = [];
  for (const host of hostsOf(target)) await lookup(host).catch(() => unknown.push(host));
  return unknown.length === 0
    ? ok("addresses", `${service} is called at ${target}`)
    : warning(
        "addresses",
        `${service}: no address is known for ${unknown.join(", ")}`,
        "Correct the name, or start what serves it.",
      );
}

/** The host names of a target, the scheme and the ports left out. */
function hostsOf(target: string): readonly string[] {
  return target
    .replace(/^(?:static:|dns:(?:\/\/[^/]*\/)?)/, "")
    .split(",")
    .map((address) => address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"));
}
