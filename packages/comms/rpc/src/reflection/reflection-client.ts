import { create, createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { isParleyError, ParleyError } from "@parley/core";
import { codeFromNumber } from "@parley/core/internal";
import type { Channel } from "../channel/channel.ts";
import type { CallOptions } from "../client/client.ts";
import { createClient } from "../client/create-client.ts";
import { ServerReflection, type ServerReflectionResponse } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  type ServerReflectionResponse as AlphaResponse,
  ServerReflection as AlphaServerReflection,
} from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";

interface Question {
  readonly case: "listServices" | "fileContainingSymbol" | "fileByFilename";
  readonly value: string;
}

type Answer = (ServerReflectionResponse | AlphaResponse)["messageResponse"];

/** More files than any contract has; a server that goes on naming new ones is not believed. */
const MAX_FILES = 10_000;

/**
 * The full names of the services a server offers.
 * @throws ParleyError UNIMPLEMENTED if the server has no reflection.
 */
export async function listServices(channel: Channel, options?: CallOptions): Promise<readonly string[]> {
  const answer = await ask({ case: "listServices", value: "*" }, channel, options);
  if (answer.case !== "listServicesResponse") throw misanswered(channel, answer);
  return answer.value.service.map(({ name }) => name);
}

/**
 * The file that defines a symbol, with all that it imports, ready to look up services and messages in.
 *
 * @param symbol Full name of a service, method or message, without a leading dot.
 * @throws ParleyError NOT_FOUND if the server does not know the symbol, UNIMPLEMENTED if it has no reflection.
 */
export async function fetchDescriptors(channel: Channel, symbol: string, options?: CallOptions): Promise<FileRegistry> {
  const files = new Map<string, FileDescriptorProto>();
  const fetch = async (question: Question): Promise<void> => {
    const answer = await ask(question, channel, options);
    if (answer.case !== "fileDescriptorResponse") throw misanswered(channel, answer);
    for (const bytes of answer.value.fileDescriptorProto) {
      const file = decode(bytes, channel);
      files.set(file.name, file);
    }
  };

  await fetch({ case: "fileContainingSymbol", value: symbol });
  // Servers may send a file alone; then what it imports is asked for, file by file.
  for (let missing = missingFrom(files); missing !== undefined; missing = missingFrom(files)) {
    if (files.size >= MAX_FILES) {
      throw new ParleyError("RESOURCE_EXHAUSTED", `${symbol} imports more than ${MAX_FILES} files`);
    }
    await fetch({ case: "fileByFilename", value: missing });
    if (!files.has(missing)) throw new ParleyError("INTERNAL", `${channel.target} did not send ${missing} when asked`);
  }
  return createFileRegistry(create(FileDescriptorSetSchema, { file: inImportOrder(files) }));
}

/** Asks in the present version of the protocol, else in the one before. */
async function ask(messageRequest: Question, channel: Channel, options?: CallOptions): Promise<Answer> {
  try {
    const client = createClient(ServerReflection, channel);
    return await only(client.serverReflectionInfo(once({ messageRequest }), options), channel);
  } catch (error) {
    if (!isParleyError(error) || error.code !== "UNIMPLEMENTED") throw error;
    const client = createClient(AlphaServerReflection, channel);
    return await only(client.serverReflectionInfo(once({ messageRequest }), options), channel);
  }
}

async function* once<T>(value: T): AsyncIterable<T> {
  yield value;
}

async function only(replies: AsyncIterable<{ messageResponse: Answer }>, channel: Channel): Promise<Answer> {
  for await (const { messageResponse } of replies) return messageResponse;
  throw new ParleyError("INTERNAL", `${channel.target} gave no answer to a reflection request`);
}

function misanswered({ target }: Channel, answer: Answer): ParleyError {
  if (answer.case !== "errorResponse") {
    return new ParleyError("INTERNAL", `${target} answered a reflection request with ${answer.case ?? "nothing"}`);
  }
  const code = codeFromNumber(answer.value.errorCode);
  return new ParleyError(code === "OK" ? "UNKNOWN" : code, answer.value.errorMessage);
}

function decode(bytes: Uint8Array, { target }: Channel): FileDescriptorProto {
  try {
    return fromBinary(FileDescriptorProtoSchema, bytes);
  } catch (cause) {
    throw new ParleyError("INTERNAL", `${target} sent a file descriptor that cannot be read`, { cause });
  }
}

function missingFrom(files: ReadonlyMap<string, FileDescriptorProto>): string | undefined {
  for (const { dependency } of files.values()) {
    const missing = dependency.find((name) => !files.has(name));
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** A registry reads a file after all that it imports. */
function inImportOrder(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const visited = new Set<string>();
  const visit = (name: string): void => {
    const file = files.get(name);
    if (!file || visited.has(name)) return;
    visited.add(name);
    for (const dependency of file.dependency) visit(dependency);
    ordered.add(file);
  };
  for (const name of files.keys()) visit(name);
  return [...ordered];
}
