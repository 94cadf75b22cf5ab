import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { invalidArgument, notFound } from "@parley/core";
import type { DeadLetter, DeadLetterFilter, EventBus } from "@parley/events";
import {
  type DeadLetterSchema,
  DeadLetterService,
  type DeadLetterFilter as FilterMessage,
  ListDeadLettersResponseSchema,
} from "@parley/protobuf/protos/parley/v1/dead_letters_pb.js";
import type { ServiceImplementation, ServiceRegistration } from "@parley/rpc";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;
const DEFAULT_RATE = 10;
const MAX_RATE = 10_000;

/** The dead letters of one bus, for whoever looks after the system. */
export function deadLetterRegistration(deadLetters: EventBus["deadLetters"]): ServiceRegistration {
  const implementation: ServiceImplementation<typeof DeadLetterService> = {
    async listDeadLetters({ filter, pageSize, pageToken }) {
      if (pageSize < 0)
        throw invalidArgument({ field: "page_size", description: `must be 0 or more, got ${pageSize}` });
      const size = Math.min(pageSize || DEFAULT_PAGE, MAX_PAGE);
      // One more than the page tells whether there is another.
      const found = await deadLetters.list({ ...toFilter(filter), limit: size + 1, after: pageToken || undefined });
      const page = found.slice(0, size);
      return create(ListDeadLettersResponseSchema, {
        deadLetters: page.map((letter) => toMessage(letter)),
        nextPageToken: found.length > size ? (page.at(-1)?.id ?? "") : "",
      });
    },
    async getDeadLetter({ id }) {
      const letter = await deadLetters.show(id);
      if (!letter) throw notFound("dead letter");
      return { ...toMessage(letter), data: letter.envelope.data };
    },
    async replayDeadLetters({ filter, ratePerSecond }) {
      if (!(ratePerSecond >= 0 && ratePerSecond <= MAX_RATE)) {
        const description = `must be above 0 and at most ${MAX_RATE}, got ${ratePerSecond}`;
        throw invalidArgument({ field: "rate_per_second", description });
      }
      const count = await deadLetters.replay(toFilter(filter), { perSecond: ratePerSecond || DEFAULT_RATE });
      return { count: BigInt(count) };
    },
    async dropDeadLetters({ filter }) {
      return { count: BigInt(await deadLetters.drop(toFilter(filter))) };
    },
  };
  return { service: DeadLetterService, implementation };
}

function toFilter(filter: FilterMessage | undefined): DeadLetterFilter {
  return {
    id: filter?.id || undefined,
    group: filter?.group || undefined,
    topic: filter?.event || undefined,
    key: filter?.key || undefined,
    code: filter?.reasonCode || undefined,
    cause: filter?.reasonContains || undefined,
  };
}

function toMessage(letter: DeadLetter): MessageInitShape<typeof DeadLetterSchema> {
  const { envelope, reason } = letter;
  return {
    id: letter.id,
    group: letter.group,
    event: letter.topic,
    key: envelope.key ?? "",
    eventId: envelope.id,
    source: envelope.source,
    publishedAt: timestampFromMs(envelope.timeMs),
    reasonCode: reason.code,
    reasonMessage: reason.message,
    attempts: letter.attempts,
    firstFailedAt: timestampFromMs(letter.firstFailedAtMs),
    deadAt: timestampFromMs(letter.deadAtMs),
    replaying: letter.state === "replaying",
    contentType: envelope.contentType,
    attributes: { ...envelope.extensions },
  };
}
