import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterEach, expect, test } from "vitest";
import type { Channel } from "../../src/channel/channel.ts";
import { createClient } from "../../src/client/create-client.ts";
import { ServerReflection, type ServerReflectionResponse } from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflection as Alpha,
  type ServerReflectionResponse as AlphaResponse,
} from "../../src/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { createReflectionAnswers } from "../../src/reflection/answer-reflection.ts";
import { fetchDescriptors, listServices } from "../../src/reflection/reflection-client.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { all } from "../support/call-contract.ts";
import { createRig, echoing, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

async function setUp(): Promise<Channel> {
  const { target } = await rig.serve({ services: [echoing()] });
  return rig.open({ target, policy: policyWith({ retry: NO_RETRY }) });
}

test("lists every service, itself too", async () => {
  expect(await listServices(await setUp())).toEqual([
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "parley.test.v1.EchoService",
  ]);
});

test("the descriptors of a service are complete: its methods, messages and the options they use", async () => {
  const registry = await fetchDescriptors(await setUp(), "parley.test.v1.EchoService.Echo");
  const service = registry.getService("parley.test.v1.EchoService");
  expect(service?.methods.map(({ name, methodKind }) => [name, methodKind])).toEqual(
    EchoService.methods.map(({ name, methodKind }) => [name, methodKind]),
  );
  expect(registry.getMessage("buf.validate.FieldRules")).toBeDefined();
});

test("the details of errors are described too, so that a tool can show them", async () => {
  const registry = await fetchDescriptors(await setUp(), "google.rpc.BadRequest");
  expect(registry.getMessage("google.rpc.BadRequest")?.fields.map(({ name }) => name)).toEqual(["field_violations"]);
});

test("a symbol that is not there is NOT_FOUND, and a server without reflection UNIMPLEMENTED", async () => {
  const channel = await setUp();
  await expect(fetchDescriptors(channel, "shop.v1.Shop")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "symbol shop.v1.Shop not found",
  });
  const { target } = await rig.serve({ services: [echoing()], reflection: false });
  await expect(listServices(rig.open({ target }))).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
});

test.each([
  ["v1", ServerReflection],
  ["v1alpha", Alpha],
] as const)("%s answers all its questions, in order, on one stream", async (_, service) => {
  const client = createClient(service, await setUp());
  async function* questions() {
    yield { host: "h", messageRequest: { case: "fileByFilename", value: "parley/test/v1/echo.proto" } } as const;
    yield { messageRequest: { case: "fileContainingSymbol", value: "parley.test.v1.EchoRequest.text" } } as const;
    yield {
      messageRequest: {
        case: "fileContainingExtension",
        value: { containingType: "google.protobuf.FieldOptions", extensionNumber: 1159 },
      },
    } as const;
    yield { messageRequest: { case: "allExtensionNumbersOfType", value: "google.protobuf.FieldOptions" } } as const;
    yield { messageRequest: { case: "fileByFilename", value: "nowhere.proto" } } as const;
    yield {};
  }
  const replies = await all<ServerReflectionResponse | AlphaResponse>(
    client.serverReflectionInfo(questions() as never),
  );
  const firstFiles = replies.map(({ messageResponse }) =>
    messageResponse.case === "fileDescriptorResponse"
      ? fromBinary(FileDescriptorProtoSchema, messageResponse.value.fileDescriptorProto[0] ?? new Uint8Array()).name
      : messageResponse.case,
  );
  expect(firstFiles).toEqual([
    "parley/test/v1/echo.proto",
    "parley/test/v1/echo.proto",
    "buf/validate/validate.proto",
    "allExtensionNumbersResponse",
    "errorResponse",
    "errorResponse",
  ]);
  expect(replies[0]?.validHost).toBe("h");
  expect(replies[0]?.originalRequest?.messageRequest.value).toBe("parley/test/v1/echo.proto");
});

test("every symbol leads to its file", () => {
  const answer = createReflectionAnswers([EchoService]);
  for (const symbol of [
    "parley.test.v1.EchoService",
    "parley.test.v1.EchoService.Chat",
    "parley.test.v1.EchoRequest",
    "buf.validate.KnownRegex",
    "buf.validate.KNOWN_REGEX_HTTP_HEADER_NAME",
    "buf.validate.field",
    "google.protobuf.FieldDescriptorProto.Type",
  ]) {
    expect([symbol, answer({ case: "fileContainingSymbol", value: symbol }).case]).toEqual([
      symbol,
      "fileDescriptorResponse",
    ]);
  }
});
