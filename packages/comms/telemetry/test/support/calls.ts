import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  EmptySchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_empty,
} from "@bufbuild/protobuf/wkt";
import {
  type Call,
  type CallContext,
  type CallHandler,
  Metadata,
  type Operation,
  operationsOf,
  type StreamingCall,
  type UnaryCall,
} from "@parley/core";
import { deriveContext } from "@parley/core/internal";

const FILE = "telemetry/test.proto";

/** A service as a contract would declare it, with a method for each name. */
export function serviceWith(
  methods: readonly { name: string; serverStreaming?: boolean }[],
  name = "Users",
): readonly Operation[] {
  const file = create(FileDescriptorProtoSchema, {
    name: FILE,
    package: "test.v1",
    syntax: "proto3",
    dependency: ["google/protobuf/empty.proto"],
    service: [
      {
        name,
        method: methods.map((method) => ({
          ...method,
          inputType: ".google.protobuf.Empty",
          outputType: ".google.protobuf.Empty",
        })),
      },
    ],
  });
  const set = create(FileDescriptorSetSchema, { file: [file_google_protobuf_empty.proto, file] });
  const service = createFileRegistry(set).getService(`test.v1.${name}`);
  if (!service) throw new Error("the test's own service is missing");
  return operationsOf(service);
}

const [get, watch] = serviceWith([{ name: "GetUser" }, { name: "WatchUsers", serverStreaming: true }]) as [
  Operation,
  Operation,
];

export const message = create(EmptySchema);

interface Overrides {
  readonly side?: Call["side"];
  readonly context?: CallContext;
  readonly operation?: Operation;
  readonly metadata?: Metadata;
  readonly peer?: string;
}

export function unaryCall(overrides: Overrides = {}): UnaryCall {
  return { ...base(get), ...overrides, streaming: false, message };
}

export function streamingCall(overrides: Overrides = {}, requests = 1): StreamingCall {
  return { ...base(watch), ...overrides, streaming: true, messages: stream(requests) };
}

function base(operation: Operation) {
  return {
    operation,
    side: "server" as const,
    context: deriveContext({ timeoutMs: 5_000, caller: "api-gateway" }),
    metadata: new Metadata(),
    peer: "127.0.0.1:4711",
  };
}

export async function* stream(count: number, thrown?: unknown) {
  for (let i = 0; i < count; i++) yield message;
  if (thrown !== undefined) throw thrown;
}

export const answer: CallHandler = async () => ({
  streaming: false,
  header: new Metadata(),
  trailer: new Metadata(),
  message,
});

export const answerStream =
  (count: number, thrown?: unknown): CallHandler =>
  async (call) => {
    if (call.streaming) for await (const _ of call.messages);
    return { streaming: true, header: new Metadata(), trailer: new Metadata(), messages: stream(count, thrown) };
  };

export const failWith =
  (thrown: unknown): CallHandler =>
  async () => {
    throw thrown;
  };

/** Collects lines, and parses them. */
export function lineSink() {
  const lines: string[] = [];
  return {
    lines,
    write: (line: string) => void lines.push(line),
    records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
