import type { DescService } from "@bufbuild/protobuf";
import { type CallContext, type Interceptor, runWithContext } from "@parley/core";
import { chain, deadlineExceeded, deriveContext } from "@parley/core/internal";
import { type Client, createClient } from "@parley/rpc";
import type { GatewayBackend, ResolvedGatewayOptions } from "../options.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { RealtimeEvent, RealtimeRule } from "./options.ts";

/** Says whether who listens may see an event. Rejects when the rule fails or takes too long. */
export type Visibility = (listener: CallContext, entry: LiveEntry) => boolean | Promise<boolean>;

export function createVisibility(
  events: readonly RealtimeEvent[],
  { backends, interceptors, clock, ids }: ResolvedGatewayOptions,
  ruleTimeoutMs: number,
): Visibility {
  const rules = new Map(events.map(({ event, maySee }) => [event.name, maySee]));
  const client = createClients(backends, interceptors);

  const ask = (rule: RealtimeRule, listener: CallContext, { payload, envelope }: LiveEntry) => {
    // No span is made of a rule: the calls that it makes descend from the connection's.
    const { trace } = listener;
    const context = deriveContext({ parent: listener, trace, timeoutMs: ruleTimeoutMs, clock, ids });
    const { principal } = listener;
    return runWithContext(context, () => rule({ principal, payload, envelope, client }));
  };
  const inTime = (answer: Promise<boolean>): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const timer = clock.setTimer(ruleTimeoutMs, () => reject(deadlineExceeded("the rule of a live event")));
      answer.then(resolve, reject).finally(() => timer.cancel());
    });

  return (listener, entry) => {
    const rule = rules.get(entry.name);
    const { tenant } = entry.envelope.extensions;
    if (rule === undefined || (tenant !== undefined && tenant !== listener.tenant)) return false;
    if (rule === "everyone") return true;
    const answer = ask(rule, listener, entry);
    return typeof answer === "boolean" ? answer : inTime(answer);
  };
}

/** Typed clients of the backends, made when first asked for. */
function createClients(backends: readonly GatewayBackend[], interceptors: readonly Interceptor[]) {
  const clients = new Map<DescService, unknown>();
  return <S extends DescService>(service: S): Client<S> => {
    let client = clients.get(service) as Client<S> | undefined;
    if (!client) {
      const backend = backends.find(({ service: served }) => [served].flat().includes(service));
      if (!backend)
        throw new TypeError(`no backend of this gateway implements ${service.typeName}: add it to the routes`);
      client = createClient(service, { ...backend.channel, call: chain(interceptors, backend.channel.call) });
      clients.set(service, client);
    }
    return client;
  };
}
