import { create, toJson } from "@bufbuild/protobuf";
import { type CallContext, type Clock, Metadata, operationOf } from "@parley/core";
import { startTrace, systemIds } from "@parley/core/internal";
import type { FetchKeySet, KeySet } from "@parley/identity";
import type { IdentityKeys } from "parleyjs";
import { keysMethodOf } from "parleyjs/internal";
import type { Connections } from "./connect.ts";

const FETCH_TIMEOUT_MS = 5_000;

/** Fetches the key set by a call. It is made for no request in particular, and so carries neither its user nor its deadline. */
export function fetchKeySetBy(
  keys: Extract<IdentityKeys, { contract: unknown }>,
  connections: Connections,
  clock: Clock,
): FetchKeySet {
  const ids = systemIds;
  return async ({ signal }) => {
    const method = keysMethodOf(keys);
    if (!method) throw new TypeError(`${keys.contract.typeName} has no method ${keys.method}`);
    const { call, target } = await connections.channelTo(keys.contract);
    const requestId = ids.traceId();
    const context: CallContext = {
      requestId,
      correlationId: requestId,
      trace: startTrace(ids),
      deadlineMs: clock.now() + FETCH_TIMEOUT_MS,
      signal,
      baggage: {},
    };
    const reply = await call({
      operation: operationOf(method),
      side: "client",
      context,
      metadata: new Metadata(),
      peer: target,
      streaming: false,
      message: create(method.input),
    });
    if (reply.streaming) throw new TypeError(`${method.name} answered with a stream`);
    return toJson(method.output, reply.message, { useProtoFieldName: true }) as unknown as KeySet;
  };
}
