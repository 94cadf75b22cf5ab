import { isParleyError, ParleyError, systemClock } from "@parley/core";
import { DeadLetterService } from "@parley/protobuf/protos/parley/v1/dead_letters_pb.js";
import { type Client, createChannel, createClient } from "@parley/rpc";
import { loadSystem, resolveConfig } from "@parley/runtime";
import { clientTls, createPartIdentity, targetOf } from "@parley/runtime/internal";
import { didYouMean } from "parleyjs/internal";
import { sendUserToken, withRemedy } from "../user-token.ts";

/** The name under which the command calls services. */
const CALLER = "parley-dlq";

/** One running service, asked for its dead letters. */
export interface ServiceClient {
  readonly service: string;
  readonly letters: Client<typeof DeadLetterService>;
}

export interface ServiceQueryOptions {
  /** One service; default all. */
  readonly service?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** The token of an operator, for systems whose users are known. */
  readonly token?: string | undefined;
}

/** What was said by a service that has dead letters; those that hear and work nothing say nothing. */
export interface Answer<T> {
  readonly service: string;
  readonly value: T;
}

/**
 * Asks services side by side.
 * @throws ParleyError NOT_FOUND for a service that the system does not have; what a service answered, with its name.
 */
export async function queryServices<T>(
  dir: string,
  { service: wanted, env, token }: ServiceQueryOptions,
  ask: (desk: ServiceClient) => Promise<T>,
): Promise<readonly Answer<T>[]> {
  const system = await loadSystem(dir);
  const config = await resolveConfig(system, { env, parts: [] });
  const names = system.definition.services.map(({ name }) => name);
  if (wanted !== undefined && !names.includes(wanted)) {
    const message = `no service ${JSON.stringify(wanted)}${didYouMean(wanted, names)}; there is ${names.join(", ")}`;
    throw new ParleyError("NOT_FOUND", message);
  }
  const identity = await createPartIdentity({ system: system.definition, config, clock: systemClock });
  const asked = system.definition.services.filter(({ name }) => wanted === undefined || name === wanted);
  const answers = await Promise.all(
    asked.map(async (asking): Promise<Answer<T> | undefined> => {
      const { name } = asking;
      const target = targetOf({ config, ports: config.ports }, asking, "the command");
      const channel = createChannel({
        target,
        caller: CALLER,
        dialTimeoutMs: config.timeouts.dialMs,
        interceptors: [...identity.outgoing(CALLER, name), ...(token === undefined ? [] : [sendUserToken(token)])],
        ...(config.tls && { tls: clientTls(config.tls) }),
      });
      try {
        return {
          service: name,
          value: await ask({ service: name, letters: createClient(DeadLetterService, channel) }),
        };
      } catch (error) {
        if (!isParleyError(error)) throw error;
        if (error.code === "UNIMPLEMENTED") return undefined;
        const { code, message } = withRemedy(error, token, name);
        throw new ParleyError(code, `${name}: ${message}`, { cause: error });
      } finally {
        await channel.close();
      }
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}
