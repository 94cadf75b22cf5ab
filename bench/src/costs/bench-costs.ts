import { openSync } from "node:fs";
import { devNull } from "node:os";
import { create, createRegistry } from "@bufbuild/protobuf";
import { type Call, type CallHandler, Metadata, operationOf, runWithContext } from "@parley/core";
import { chain, deriveContext } from "@parley/core/internal";
import { messageCodecOf } from "@parley/protobuf";
import { createMessageWriters, resolveJsonStyle } from "@parley/protobuf/internal";
import { createMessageValidators } from "@parley/protobuf/validation";
import { createLogger, createMetrics, logCalls, traceCalls, watchCalls } from "@parley/telemetry";
import {
  GetUserRequestSchema,
  GetUserResponseSchema,
  UserService,
} from "../../../systems/orders/gen/users/v1/users_pb.ts";
import { sampleAnswer, sampleResponse } from "../contract/sample-response.ts";
import { SAMPLE_USER } from "../contract/sample-user.ts";
import { median } from "../harness/report.ts";

/** What one step of a call costs, alone in a process with nothing else to do. */
export interface Cost {
  readonly step: string;
  readonly ns: number;
}

const ROUNDS = 7;

/** CPU time of the thread; the median of several rounds, each long enough to be measured, after as many for the compiler. */
async function cost(step: string, work: () => unknown, perRound: number): Promise<Cost> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS * 2; round++) {
    const before = process.threadCpuUsage();
    for (let i = 0; i < perRound; i++) {
      const result = work();
      if (result instanceof Promise) await result;
    }
    const { user, system } = process.threadCpuUsage(before);
    rounds.push(((user + system) * 1_000) / perRound);
  }
  return { step, ns: median(rounds.slice(ROUNDS)) };
}

/** Measures the steps that every unary call of Parley takes, outside of the wire. */
export async function measureCosts(perRound: number): Promise<Cost[]> {
  const request = create(GetUserRequestSchema, { id: SAMPLE_USER.id });
  const response = sampleResponse(SAMPLE_USER.id);
  const requests = messageCodecOf(GetUserRequestSchema);
  const responses = messageCodecOf(GetUserResponseSchema);
  const requestBytes = requests.encode(request);
  const responseBytes = responses.encode(response);
  const writers = createMessageWriters(resolveJsonStyle(), createRegistry(GetUserResponseSchema));
  const jsonOf = writers.message(GetUserResponseSchema);
  const validate = createMessageValidators()(GetUserRequestSchema);
  const metrics = createMetrics({ service: "costs" });
  const log = logCalls({
    logger: createLogger({ name: "costs", destination: openSync(devNull, "w"), format: "json" }),
  });
  const answer: CallHandler = async () => ({
    streaming: false,
    header: new Metadata(),
    trailer: new Metadata(),
    message: response,
  });
  const call: Call = {
    operation: operationOf(UserService.method.getUser),
    side: "server",
    streaming: false,
    context: deriveContext(),
    metadata: new Metadata(),
    peer: "127.0.0.1:50051",
    message: request,
  };
  const within = (handler: CallHandler) => () => handler(call);
  const steps: readonly (readonly [string, () => unknown])[] = [
    ["protobuf: make the response from plain values", () => responses.create(sampleAnswer(SAMPLE_USER.id))],
    ["protobuf: encode the request", () => requests.encode(request)],
    ["protobuf: decode the request", () => requests.decode(requestBytes)],
    ["protobuf: encode the response", () => responses.encode(response)],
    ["protobuf: decode the response", () => responses.decode(responseBytes)],
    ["protobuf: response to JSON text", () => jsonOf(response)],
    ["validate the request", () => validate?.(request)],
    ["derive a context", () => deriveContext({ parent: call.context, timeoutMs: 5_000 })],
    ["run within a context", () => runWithContext(call.context, () => undefined)],
    ["an empty handler", within(answer)],
    ["… with metrics", within(chain([watchCalls([metrics.calls])], answer))],
    ["… with metrics and a line of the log", within(chain([watchCalls([metrics.calls, log])], answer))],
    ["… with trace, no SDK", within(chain([traceCalls()], answer))],
    ["… with all three", within(chain([traceCalls(), watchCalls([metrics.calls, log])], answer))],
  ];
  const costs: Cost[] = [];
  for (const [step, work] of steps) costs.push(await cost(step, work, perRound));
  await metrics.close();
  return costs;
}

export function formatCosts(costs: readonly Cost[]): string {
  const width = Math.max(...costs.map(({ step }) => step.length));
  return costs.map(({ step, ns }) => `${step.padEnd(width)}  ${(ns / 1_000).toFixed(2).padStart(7)} µs`).join("\n");
}
