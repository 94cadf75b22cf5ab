/** Whether a transport reaches its broker. */
export type ConnectionState = "connected" | "away";

/**
 * For adapters: takes the state as often as it is seen, and tells each change once. A transport that has connected begins as
 * `connected`, which is not reported.
 */
export function reportChanges(tell: ((state: ConnectionState) => void) | undefined): (state: ConnectionState) => void {
  let present: ConnectionState = "connected";
  return (state) => {
    if (state === present) return;
    present = state;
    tell?.(state);
  };
}
