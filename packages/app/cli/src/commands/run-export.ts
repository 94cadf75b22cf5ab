import { resolve } from "node:path";
import { type LoadedSystem, loadSystem, resolveConfig } from "@parley/runtime";
import { grpcServiceConfig } from "@parley/runtime/internal";
import type { ServiceDefinition } from "parleyjs";
import { didYouMean } from "parleyjs/internal";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";
import type { CommandInput } from "./command.ts";
import type { ExportFlags } from "./export.ts";

export async function runExport({ args, flags, output, terminal }: CommandInput<ExportFlags>): Promise<number> {
  const [, service] = args;
  const system = await loadSystem(resolve(terminal.cwd, flags.system));
  const [first, ...rest] = chosen(system, service);
  if (!first) throw new TypeError(`${system.definition.name} has no services`);
  const serviceConfig = grpcServiceConfig(
    [first, ...rest],
    await resolveConfig(system, { env: terminal.env, parts: [] }),
  );
  output.result(serviceConfig, () => JSON.stringify(serviceConfig, undefined, 2));
  return EXIT.ok;
}

function chosen({ definition }: LoadedSystem, name: string | undefined): readonly ServiceDefinition[] {
  if (name === undefined) return definition.services;
  const found = definition.services.filter((service) => service.name === name);
  if (found.length > 0) return found;
  const names = definition.services.map((service) => service.name);
  throw new UsageError(`${name} is no service${didYouMean(name, names)}; there are ${names.join(", ")}`);
}
