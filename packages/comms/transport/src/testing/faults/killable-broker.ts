/** A broker of a test's own, which it may kill and freeze. */
export interface KillableBroker {
  readonly url: string;
  /** `SIGKILL` leaves it no time to write anything. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it where it stands: its connections stay open and silent. Resolves when it has stopped. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}
