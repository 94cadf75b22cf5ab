import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { currentContext, ParleyError } from "parleyjs";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** What guessing costs. Kept beside each hash, so that it can be raised for new ones. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB, some 150 ms: one of the settings that the OWASP Password Storage Cheat Sheet calls equal. */
export const SAFE_COST: ScryptCost = { logN: 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Each takes a thread of the pool of four that files and names of hosts need too, and its memory. */
const AT_ONCE = 2;
/** Some ten seconds of work. Who comes later is told so instead of waiting past every deadline. */
const MAX_WAITING = 64;

export interface Passwords {
  /** What to store: `scrypt$15$8$3$<salt>$<hash>`. */
  hash(password: string): Promise<string>;
  /** Whether a password is the stored one. With nothing stored it takes as long, and is false. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}

/**
 * Hashes passwords, a few at a time.
 * @see https://www.rfc-editor.org/rfc/rfc7914 for scrypt.
 */
export function createPasswords(cost: ScryptCost): Passwords {
  const turn = createGate();
  const compute = (password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> =>
    turn(() =>
      derive(password.normalize("NFKC"), salt, HASH_BYTES, { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r }),
    );
  const nobody = { cost, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await compute(password, salt, cost);
      return ["scrypt", cost.logN, cost.r, cost.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
    },
    async verify(password, stored) {
      const known = stored === undefined ? nobody : parse(stored);
      const hash = await compute(password, known.salt, known.cost);
      return timingSafeEqual(hash, known.hash) && stored !== undefined;
    },
  };
}

function parse(stored: string): { readonly cost: ScryptCost; readonly salt: Buffer; readonly hash: Buffer } {
  const [scheme, logN, r, p, salt = "", hash = ""] = stored.split("$");
  if (scheme !== "scrypt") throw new ParleyError("DATA_LOSS", `a stored password has the unknown scheme ${scheme}`);
  return {
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, "base64url"),
    hash: Buffer.from(hash, "base64url"),
  };
}

/** Lets a few in at a time, the others in the order in which they came. */
function createGate(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MAX_WAITING) {
        throw new ParleyError("RESOURCE_EXHAUSTED", "too many log-ins at once: try again in a few seconds", {
          details: [{ type: "retry_info", retryAfterMs: 5_000 }],
        });
      }
      // Whoever leaves hands its place over, so that nobody comes in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      // Who has gone away while it waited costs nothing more.
      currentContext()?.signal.throwIfAborted();
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
