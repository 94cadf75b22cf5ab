import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { ParleyError } from "parleyjs";

/**
 * Checks what a caller has read against what is there, before a change.
 * @throws ParleyError ABORTED if somebody else has changed it since.
 */
export function assertUnchanged(thing: string, isAt: Date, expected: Timestamp | undefined): void {
  if (expected === undefined || timestampMs(expected) === isAt.getTime()) return;
  throw new ParleyError("ABORTED", `the ${thing} was changed at ${isAt.toISOString()}: read it again`);
}
