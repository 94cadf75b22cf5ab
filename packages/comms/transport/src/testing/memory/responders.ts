import { ParleyError, toParleyError } from "@parley/core";
import type { RequestReply } from "../../event-transport.ts";

type Responder = Parameters<RequestReply["respond"]>[2];

/** Who answers which subject; asked in turn. */
export function createResponders(): RequestReply {
  const bySubject = new Map<string, Responder[]>();
  return {
    async request(subject, envelope, { signal }) {
      const responders = bySubject.get(subject);
      const responder = responders?.shift();
      if (!responders || !responder) throw new ParleyError("UNAVAILABLE", `nobody answers ${subject}`);
      responders.push(responder);
      const { promise: ended, reject } = Promise.withResolvers<never>();
      const onAbort = (): void => {
        reject(new ParleyError("DEADLINE_EXCEEDED", `${subject} did not answer in time`, { cause: signal.reason }));
      };
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        return await Promise.race([responder(envelope, { signal }), ended]);
      } catch (thrown) {
        throw toParleyError(thrown);
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
    async respond(subject, _group, handler) {
      const responders = bySubject.get(subject) ?? [];
      bySubject.set(subject, responders);
      // A function of its own: one handler may answer twice.
      const responder: Responder = (envelope, options) => handler(envelope, options);
      responders.push(responder);
      return {
        async close() {
          const at = responders.indexOf(responder);
          if (at >= 0) responders.splice(at, 1);
          if (responders.length === 0 && bySubject.get(subject) === responders) bySubject.delete(subject);
        },
      };
    },
  };
}
