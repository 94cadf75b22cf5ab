import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Clock, Database, Executor } from "parleyjs";
import { ACCESS_TOKEN_MS, ALGORITHM } from "./access-token.ts";

/** A key signs for so long before the next one takes over. */
const SIGNS_FOR_MS = 30 * 86_400_000;
/** A key is shown so long before it signs: longer than readers keep a key set. */
const SHOWN_BEFORE_MS = 3_600_000;
/**
 * The same where a person asks for a new key: all instances have it by then, and a reader that meets it for the first
 * time has not asked for 30 s, so it may ask again.
 */
const SHOWN_BEFORE_ASKED_MS = 120_000;
/** A key stays readable so long after it has stopped to sign: all it has signed has expired, whatever clocks say. */
const SHOWN_AFTER_MS = ACCESS_TOKEN_MS + 3_600_000;
/** What is kept of the keys in memory. Far below {@link SHOWN_BEFORE_MS}. */
const REREAD_MS = 30_000;

export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

export interface PublicKey {
  readonly kid: string;
  readonly kty: string;
  readonly alg: string;
  readonly use: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

export interface SigningKeys {
  /** The key that signs now. Makes and rotates keys as it is due. */
  current(): Promise<SigningKey>;
  /** What readers need: the key that signs, its successor, and those whose tokens may still be around. */
  publicKeys(): Promise<readonly PublicKey[]>;
  /**
   * Has a new key sign in two minutes, once everybody knows it. With `revoke` it signs at once and the others are
   * forgotten: readers refuse what those have signed, and for up to 30 s also what the new one signs.
   */
  rotate(options: { readonly revoke: boolean }): Promise<readonly PublicKey[]>;
}

interface KeyRow {
  kid: string;
  private_jwk: JWK;
  public_jwk: PublicKey;
  signs_from: Date;
}

interface KeySet {
  readonly atMs: number;
  readonly signing: SigningKey;
  readonly shown: readonly PublicKey[];
}

/** Keys in the database of the service, so that its instances sign with the same one and a restart signs nobody out. */
export function createSigningKeys(db: Database, clock: Clock): SigningKeys {
  let reading: Promise<KeySet> | undefined;
  let known: KeySet | undefined;

  const read = (): Promise<KeySet> => {
    reading ??= db
      .transaction((tx) => maintain(tx, clock))
      .then((rows) => toKeySet(rows, clock))
      .then((set) => {
        known = set;
        return set;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const keySet = async (): Promise<KeySet> => (known && clock.now() - known.atMs < REREAD_MS ? known : await read());

  return {
    current: async () => (await keySet()).signing,
    publicKeys: async () => (await keySet()).shown,
    async rotate({ revoke }) {
      await db.transaction(async (tx) => {
        await lock(tx);
        if (revoke) await tx.query("DELETE FROM signing_keys");
        // A successor that has not signed yet gives way.
        else await tx.query("DELETE FROM signing_keys WHERE signs_from > $1", [new Date(clock.now())]);
        await insertKey(tx, clock, clock.now() + (revoke ? 0 : SHOWN_BEFORE_ASKED_MS));
      });
      known = undefined;
      return (await read()).shown;
    },
  };
}

/** Makes the keys that are missing and removes those that are over, one instance at a time; gives those that stay, oldest first. */
async function maintain(tx: Executor, clock: Clock): Promise<readonly KeyRow[]> {
  const rows = await readKeys(tx);
  if (isInOrder(rows, clock)) return rows;
  await lock(tx);
  const found = await readKeys(tx);
  const newest = found.at(-1);
  if (!newest) await insertKey(tx, clock, clock.now());
  else if (needsSuccessor(newest, clock)) {
    await insertKey(tx, clock, Math.max(newest.signs_from.getTime() + SIGNS_FOR_MS, clock.now() + SHOWN_BEFORE_MS));
  }
  await tx.query("DELETE FROM signing_keys WHERE kid = ANY($1::text[])", [overKeys(found, clock)]);
  return readKeys(tx);
}

function isInOrder(rows: readonly KeyRow[], clock: Clock): boolean {
  const newest = rows.at(-1);
  return newest !== undefined && !needsSuccessor(newest, clock) && overKeys(rows, clock).length === 0;
}

function needsSuccessor(newest: KeyRow, clock: Clock): boolean {
  return clock.now() >= newest.signs_from.getTime() + SIGNS_FOR_MS - SHOWN_BEFORE_MS;
}

/** Keys whose successor has signed for so long that nothing of theirs is valid any more. */
function overKeys(rows: readonly KeyRow[], clock: Clock): readonly string[] {
  return rows.flatMap(({ kid }, index) => {
    const successor = rows[index + 1];
    return successor && clock.now() > successor.signs_from.getTime() + SHOWN_AFTER_MS ? [kid] : [];
  });
}

async function lock(tx: Executor): Promise<void> {
  await tx.query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE");
}

async function readKeys(tx: Executor): Promise<readonly KeyRow[]> {
  const { rows } = await tx.query<KeyRow>(
    "SELECT kid, private_jwk, public_jwk, signs_from FROM signing_keys ORDER BY signs_from, created_at",
  );
  return rows;
}

async function insertKey(tx: Executor, clock: Clock, signsFromMs: number): Promise<void> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const { x, y } = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(pair.publicKey);
  await tx.query(
    "INSERT INTO signing_keys (kid, private_jwk, public_jwk, signs_from, created_at) VALUES ($1, $2, $3, $4, $5)",
    [
      kid,
      JSON.stringify(await exportJWK(pair.privateKey)),
      JSON.stringify({ kid, kty: "EC", alg: ALGORITHM, use: "sig", crv: "P-256", x, y }),
      new Date(signsFromMs),
      new Date(clock.now()),
    ],
  );
}

async function toKeySet(rows: readonly KeyRow[], clock: Clock): Promise<KeySet> {
  const now = clock.now();
  const row = rows.findLast(({ signs_from }) => signs_from.getTime() <= now) ?? rows[0];
  if (!row) throw new TypeError("maintain leaves at least one key");
  const key = (await importJWK(row.private_jwk, ALGORITHM)) as CryptoKey;
  return { atMs: now, signing: { kid: row.kid, key }, shown: rows.map(({ public_jwk }) => public_jwk) };
}
