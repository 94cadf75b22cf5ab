import { type CallContext, runWithContext } from "@parley/core";
import { deadlineExceeded, deriveContext } from "@parley/core/internal";
import type { ResolvedGatewayOptions } from "../options.ts";
import { createClients } from "../rest/backend-clients.ts";
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
