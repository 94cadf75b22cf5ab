import assert from "node:assert/strict";
import { type ErrorCode, isParleyError } from "@parley/core";
import type { Client } from "@parley/rpc";
import type { Dice } from "../fuzz/dice.ts";
import type { TestService } from "../gen/grpc/testing/test_pb.ts";

type TestClient = Client<typeof TestService>;

/** How a call is meant to end. */
export type Fate = "ok" | "fails" | "cancelled";

/** The share of calls that their caller gives up, and of those that their server refuses. */
const CANCELLED = 0.1;
const FAILING = 0.05;
/** NOT_FOUND: the server works, and says no. */
const REFUSAL = { code: 5, message: "no such thing" };
const LARGE_BYTES = 100_000;
/** Larger than a stream's window: the end of the answer waits for the client. */
const HUGE_BYTES = 2_000_000;
/** The share of calls with such a message. */
const HUGE = 0.01;
const SMALL_BYTES = 200;
const MESSAGES = 20;
/** A caller gives up at any time within this. */
const PATIENCE_MS = 5;

type Shape = (client: TestClient, options: { readonly signal: AbortSignal }, refusal?: typeof REFUSAL) => Promise<void>;

const bodyOf = (bytes: number) => ({ body: new Uint8Array(bytes) });

async function* turns(count: number, refusal: typeof REFUSAL | undefined) {
  for (let turn = 0; turn < count; turn++) {
    const isLast = turn === count - 1;
    yield {
      payload: bodyOf(SMALL_BYTES),
      responseParameters: [{ size: SMALL_BYTES }],
      ...(isLast && refusal && { responseStatus: refusal }),
    };
  }
}

const unary =
  (bytes: number): Shape =>
  async (client, options, refusal) => {
    const request = { payload: bodyOf(bytes), responseSize: bytes, ...(refusal && { responseStatus: refusal }) };
    const { payload } = await client.unaryCall(request, options);
    assert.equal(payload?.body.length, bytes);
  };

const serverStream: Shape = async (client, options, refusal) => {
  const responseParameters = Array.from({ length: MESSAGES }, () => ({ size: SMALL_BYTES }));
  const request = { responseParameters, ...(refusal && { responseStatus: refusal }) };
  let received = 0;
  for await (const { payload } of client.streamingOutputCall(request, options)) received += payload?.body.length ?? 0;
  assert.equal(received, MESSAGES * SMALL_BYTES);
};

const bothWays: Shape = async (client, options, refusal) => {
  let received = 0;
  for await (const _answer of client.fullDuplexCall(turns(MESSAGES, refusal), options)) received += 1;
  assert.equal(received, MESSAGES);
};

/** A client's stream cannot be told to fail; it is cancelled or succeeds. */
const clientStream: Shape = async (client, options, refusal) => {
  if (refusal) return unary(SMALL_BYTES)(client, options, refusal);
  const { aggregatedPayloadSize } = await client.streamingInputCall(turns(MESSAGES, undefined), options);
  assert.equal(aggregatedPayloadSize, MESSAGES * SMALL_BYTES);
};

const SHAPES: readonly Shape[] = [
  unary(SMALL_BYTES),
  unary(SMALL_BYTES),
  unary(LARGE_BYTES),
  serverStream,
  clientStream,
  bothWays,
];

function fateOf(dice: Dice): Fate {
  const share = dice.below(1_000) / 1_000;
  return share < CANCELLED ? "cancelled" : share < CANCELLED + FAILING ? "fails" : "ok";
}

/** Makes one call of any shape. Rejects if it ends otherwise than it is meant to; a caller may give up too late. */
export async function soakCall(client: TestClient, dice: Dice): Promise<Fate> {
  const fate = fateOf(dice);
  const shape = dice.below(1_000) < HUGE * 1_000 ? unary(HUGE_BYTES) : dice.pick(SHAPES);
  const controller = new AbortController();
  const timer = fate === "cancelled" ? setTimeout(() => controller.abort(), dice.below(PATIENCE_MS + 1)) : undefined;
  const allowed: readonly (ErrorCode | "OK")[] =
    fate === "ok" ? ["OK"] : fate === "fails" ? ["NOT_FOUND"] : ["CANCELLED", "OK"];
  try {
    const end = await shape(client, { signal: controller.signal }, fate === "fails" ? REFUSAL : undefined).then(
      () => ({ code: "OK" as const, message: "" }),
      (error: unknown) => {
        if (isParleyError(error)) return error;
        throw error;
      },
    );
    const wanted = allowed.join(" or ");
    assert.ok(
      allowed.includes(end.code),
      `a call that is meant to end as ${wanted} ended as ${end.code}: ${end.message}`,
    );
    return fate;
  } finally {
    clearTimeout(timer);
  }
}
