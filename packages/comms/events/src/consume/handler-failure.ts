/**
 * Marks what a handler threw, apart from failures of what surrounds it: of those the event is innocent, so they do not
 * count as attempts.
 */
export class HandlerFailure extends Error {
  override readonly name = "HandlerFailure";

  constructor(thrown: unknown) {
    super("the handler failed", { cause: thrown });
  }
}

/** Knows whether it was the handler that failed. Interceptors between the two see the error as it was thrown. */
export class HandlerWatch {
  #failed = false;

  async handler(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#failed = true;
      throw thrown;
    }
  }

  /** @throws HandlerFailure if the handler rejected, else what was thrown. */
  async around(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (thrown) {
      throw this.#failed ? new HandlerFailure(thrown) : thrown;
    }
  }
}

/** What was thrown, without the mark. */
export function withoutMark(thrown: unknown): unknown {
  return thrown instanceof HandlerFailure ? thrown.cause : thrown;
}
