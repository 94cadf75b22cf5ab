import type { Logger } from "@parley/core";
import type { OwnedPart } from "./group.ts";
import { closePart, createPart, losePart, type Part, partId } from "./part.ts";

/** The parts that a consumer has, as its heartbeats tell. */
export interface HeldParts {
  readonly all: ReadonlyMap<string, Part>;
  /** Takes what a heartbeat told: new parts begin, those of others are lost, and what is too much begins to leave. */
  update(owned: readonly OwnedPart[]): void;
  /** Takes away those that are another's. */
  lose(parts: readonly Part[]): void;
  /** Takes away those that were given back. */
  forget(parts: readonly Part[]): void;
}

export function createHeldParts(group: string, logger: Logger): HeldParts {
  const all = new Map<string, Part>();
  /** The generation in which a part was given back last: a heartbeat that was asked before may still tell of it as ours. */
  const givenBack = new Map<string, bigint>();

  const lose = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (all.get(partId(part)) === part) all.delete(partId(part));
      losePart(part);
      if (part.tasks > 0) {
        const fields = { group, topic: part.topic, part: part.part, running: part.tasks };
        logger.warn(fields, "a part of a topic went to another consumer while events of it were handled");
      }
    }
  };

  return {
    all,
    lose,
    update(heard) {
      const owned = heard.filter((part) => givenBack.get(partId(part)) !== part.generation);
      const told = new Map(owned.map((part) => [partId(part), part]));
      lose([...all.values()].filter((part) => told.get(partId(part))?.generation !== part.generation));
      for (const part of owned) if (!all.has(partId(part))) all.set(partId(part), createPart(part));
      for (const [topic, quota] of new Map(owned.map((part) => [part.topic, part.quota]))) {
        const ours = [...all.values()].filter((part) => part.topic === topic && part.state === "ours");
        for (const part of ours.slice(quota)) closePart(part);
      }
    },
    forget(parts) {
      for (const part of parts) {
        if (all.get(partId(part)) === part) all.delete(partId(part));
        givenBack.set(partId(part), part.generation);
      }
    },
  };
}
