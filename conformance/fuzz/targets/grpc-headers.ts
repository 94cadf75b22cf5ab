import assert from "node:assert/strict";
import { acceptId, formatBaggage, formatTraceparent, parseBaggage, parseTrace } from "@parley/core/internal";
import { appendMetadata, readMetadata } from "../../../packages/comms/rpc/src/grpc/metadata-headers.ts";
import {
  decodeMessage,
  decodeStatus,
  encodeMessage,
  encodeStatus,
} from "../../../packages/comms/rpc/src/grpc/status.ts";
import { formatTimeout, parseTimeoutMs } from "../../../packages/comms/rpc/src/grpc/timeout.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { mutateOneOf } from "../mutate.ts";

const NAMES = [
  ..."grpc-timeout grpc-status grpc-message grpc-status-details-bin x-a x-b-bin traceparent tracestate".split(" "),
  ..."baggage authorization x-request-id x-error-origin x-tenant-id".split(" "),
];
const SEEDS = [
  "100m",
  "99999999H",
  "14",
  "caf%C3%A9 100%25",
  "CAkSB25vdCB5ZXQ",
  "AAEC,/w==",
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "a=1,b=%20;property=1",
  "Bearer a.b.c",
].map((text) => Buffer.from(text));

/** Every header that a call may bring is read without a throw, and what is read can be sent on and means the same. */
export const grpcHeaders: FuzzTarget = {
  name: "grpc-headers",
  input: (dice) => mutateOneOf(SEEDS, dice),
  run(input, dice) {
    const value = input.toString("latin1");
    const headers = [dice.pick(NAMES), value, dice.pick(NAMES), dice.pick(SEEDS).toString()];

    const timeoutMs = parseTimeoutMs(value);
    assert.ok(timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs <= 99_999_999 * 3_600_000));
    if (timeoutMs !== undefined) {
      const sentOn = parseTimeoutMs(formatTimeout(timeoutMs)) ?? Number.NaN;
      assert.ok(sentOn <= Math.max(1, timeoutMs), `${value} was sent on as ${sentOn} ms`);
    }

    const error = decodeStatus(headers);
    if (error) assert.deepEqual(decodeStatus(encodeStatus(error))?.code, error.code);
    const message = decodeMessage(value);
    assert.equal(decodeMessage(encodeMessage(message)), message);

    const metadata = readMetadata(headers);
    const again: string[] = [];
    appendMetadata(again, metadata);
    assert.deepEqual([...readMetadata(again)], [...metadata]);

    const trace = parseTrace(value, value);
    if (trace) assert.deepEqual(parseTrace(formatTraceparent(trace), trace.state), trace);
    const id = acceptId(value);
    assert.ok(id === undefined || /^[\x21-\x7e]{1,256}$/.test(id), `${id} is taken for an id`);
    const baggage = parseBaggage(value);
    assert.deepEqual({ ...parseBaggage(formatBaggage(baggage)) }, { ...baggage });
  },
};
