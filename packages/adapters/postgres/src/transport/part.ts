import type { OwnedPart } from "./group.ts";
import { createProgress, type Progress } from "./progress.ts";

/** A part of a topic in the hands of this consumer. */
export interface Part extends Pick<OwnedPart, "topic" | "part" | "generation"> {
  readonly progress: Progress;
  /** The {@link Progress.version} that was acknowledged last. */
  acknowledged: number;
  /** `leaving`: nothing of it is begun any more, and it is given back once what runs has ended. */
  state: "ours" | "leaving" | "lost";
  /** Aborts when nothing more of it is to be begun. */
  readonly queue: AbortController;
  /** Aborts when it is another's: what still runs counts no more. */
  readonly lost: AbortController;
  /** Events that wait or run. */
  tasks: number;
}

export function createPart({ topic, part, generation, position, ahead }: OwnedPart): Part {
  return {
    topic,
    part,
    generation,
    progress: createProgress(position, ahead),
    acknowledged: 0,
    state: "ours",
    queue: new AbortController(),
    lost: new AbortController(),
    tasks: 0,
  };
}

export function partId({ topic, part }: Pick<OwnedPart, "topic" | "part">): string {
  return `${part} ${topic}`;
}

/** Begins nothing more of a part; what runs goes on and still counts. */
export function closePart(part: Part): void {
  if (part.state === "ours") part.state = "leaving";
  part.queue.abort();
}

/** The part is another's. */
export function losePart(part: Part): void {
  part.state = "lost";
  part.queue.abort();
  part.lost.abort();
}
