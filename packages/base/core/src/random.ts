import { randomBytes } from "node:crypto";

/** Where chance comes from; backoff jitter and balancers take one, so that tests repeat exactly. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** The machine's generator. Not for secrets. */
export const systemRandom: Random = { next: Math.random };

/** A generator that repeats itself for a seed (mulberry32): for tests. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** Where identifiers come from. */
export interface IdSource {
  /** 32 lower-case hex digits: a trace id, and the default request id. Never all zero. */
  traceId(): string;
  /** 16 lower-case hex digits: a span id. Never all zero. */
  spanId(): string;
}

/** Bytes fetched at once: asking the kernel for each id costs about 1 µs, slicing a pool about 0.1 µs. */
const POOL_BYTES = 8_192;

/** Random identifiers from the kernel's generator, drawn in batches. */
function createIdSource(): IdSource {
  let pool = "";
  let used = 0;
  const take = (digits: number): string => {
    if (used + digits > pool.length) {
      pool = randomBytes(POOL_BYTES).toString("hex");
      used = 0;
    }
    const id = pool.slice(used, used + digits);
    used += digits;
    return id.startsWith("0") && /^0+$/.test(id) ? take(digits) : id;
  };
  return { traceId: () => take(32), spanId: () => take(16) };
}

/** The process's own source: one pool for all that needs ids, instead of 16 KiB for each channel. */
export const systemIds: IdSource = createIdSource();
