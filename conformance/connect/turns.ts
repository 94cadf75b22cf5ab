/** Lets the sender of a stream wait for replies to what it has sent. */
export interface Turns {
  /** One more reply has come. */
  replied(): void;
  /** No more will come. */
  end(): void;
  /** Waits until so many replies have come. @returns whether they have; not if the call is over before. */
  reached(replies: number): Promise<boolean>;
}

export function createTurns(): Turns {
  let count = 0;
  let state: "running" | "over" = "running";
  let progress = Promise.withResolvers<void>();
  const advance = (): void => {
    progress.resolve();
    progress = Promise.withResolvers();
  };
  return {
    replied() {
      count += 1;
      advance();
    },
    end() {
      state = "over";
      advance();
    },
    async reached(replies) {
      while (count < replies && state === "running") await progress.promise;
      return count >= replies;
    },
  };
}
