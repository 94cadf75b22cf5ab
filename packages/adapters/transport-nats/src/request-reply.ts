import { headers as createHeaders, createInbox, type Msg } from "@nats-io/transport-node";
import { type Clock, ParleyError } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import {
  decodeErrorReply,
  type Envelope,
  ERROR_REPLY_HEADER,
  encodeErrorReply,
  type RequestReply,
} from "@parley/transport";
import type { Connection } from "./connection.ts";
import { decodeEnvelope, encodeHeaders } from "./envelope-headers.ts";
import { toNatsError } from "./errors.ts";

export interface Requests extends RequestReply {
  close(): Promise<void>;
}

/** Requests that one responder works on at once; more are refused, since the asker can wait or ask another. */
const MAX_RUNNING = 256;
const CLOSE_LIMIT_MS = 10_000;
const NO_RESPONDERS = 503;

/** A topic's own subject is kept in a stream, which would answer a question with its acknowledgement. */
const SUBJECT_PREFIX = "requests.";

type Responder = Awaited<ReturnType<RequestReply["respond"]>>;

/**
 * Request and reply over core NATS: nothing is stored, members of a group share by a queue group. `grades.average` is
 * asked on `requests.grades.average`.
 */
export function createRequests(connection: Connection, clock: Clock): Requests {
  const { nats } = connection;
  const responders = new Set<Responder>();

  return {
    async request(subject, envelope, { signal }) {
      signal.throwIfAborted();
      const answer = await ask(connection, subject, envelope, signal);
      if (answer.headers?.code === NO_RESPONDERS) {
        throw new ParleyError("UNAVAILABLE", `nobody answers "${subject}" at NATS`);
      }
      if (answer.headers?.has(ERROR_REPLY_HEADER)) throw decodeErrorReply(answer.data);
      return decodeEnvelope(subject, answer, { id: createInbox(), receivedAtMs: clock.now() });
    },

    async respond(subject, group, handler) {
      const closing = new AbortController();
      const running = new Set<Promise<void>>();
      const subscription = nats.subscribe(SUBJECT_PREFIX + subject, {
        queue: group,
        callback: (error, message) => {
          if (error || message.reply === undefined) return;
          if (running.size >= MAX_RUNNING) {
            refuse(message, new ParleyError("RESOURCE_EXHAUSTED", `"${subject}" has ${MAX_RUNNING} requests at work`));
            return;
          }
          const work = answerOne(message);
          running.add(work);
          void work.finally(() => running.delete(work));
        },
      });
      async function answerOne(message: Msg): Promise<void> {
        try {
          const defaults = { id: message.reply ?? "", receivedAtMs: clock.now() };
          const reply = await handler(decodeEnvelope(subject, message, defaults), { signal: closing.signal });
          if (!nats.isClosed()) message.respond(reply.data, { headers: encodeHeaders(reply) });
        } catch (error) {
          if (!nats.isClosed()) refuse(message, error);
        }
      }
      const responder: Responder = {
        async close() {
          if (!responders.delete(responder)) return;
          if (!nats.isClosed()) await settleWithin(subscription.drain(), CLOSE_LIMIT_MS, clock);
          await settleWithin(Promise.all(running), CLOSE_LIMIT_MS, clock);
          closing.abort();
        },
      };
      responders.add(responder);
      // The server must know of the subscription before anybody asks.
      await nats.flush();
      return responder;
    },

    async close() {
      await Promise.all([...responders].map((responder) => responder.close()));
    },
  };
}

function ask({ nats }: Connection, subject: string, envelope: Envelope, signal: AbortSignal): Promise<Msg> {
  return new Promise((resolve, reject) => {
    const reply = createInbox();
    const subscription = nats.subscribe(reply, {
      max: 1,
      callback: (error, message) => {
        signal.removeEventListener("abort", onAbort);
        if (error) reject(toNatsError(error, `cannot ask "${subject}"`));
        else resolve(message);
      },
    });
    const onAbort = (): void => {
      subscription.unsubscribe();
      reject(new ParleyError("DEADLINE_EXCEEDED", `"${subject}" has not answered in time`, { cause: signal.reason }));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      nats.publish(SUBJECT_PREFIX + subject, envelope.data, { headers: encodeHeaders(envelope), reply });
    } catch (error) {
      signal.removeEventListener("abort", onAbort);
      subscription.unsubscribe();
      reject(toNatsError(error, `cannot ask "${subject}"`));
    }
  });
}

function refuse(message: Msg, thrown: unknown): void {
  const headers = createHeaders();
  headers.set(ERROR_REPLY_HEADER, "1");
  message.respond(encodeErrorReply(thrown), { headers });
}
