import type { Envelope } from "@parley/transport";

/** PostgreSQL reads some thousand levels with its default stack; nobody means more than this. */
const MAX_DEPTH = 1_000;

/** Whether PostgreSQL takes the data as `json`. Only asked when it refused some, because to ask costs a parse. */
export function isStorableJson({ data }: Pick<Envelope, "data">): boolean {
  if (depthOf(data) > MAX_DEPTH) return false;
  try {
    JSON.parse(Buffer.from(data).toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

/** At least as deep as the nesting is: brackets in strings count too. */
function depthOf(data: Uint8Array): number {
  let [depth, deepest] = [0, 0];
  for (const byte of data) {
    if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}
