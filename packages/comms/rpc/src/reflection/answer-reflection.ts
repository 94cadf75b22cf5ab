import type { DescFile, DescService } from "@bufbuild/protobuf";
import { CODES } from "@parley/core";
import type { ServerReflectionRequest } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import type { ServerReflectionRequest as AlphaRequest } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { createDescriptorIndex, encodeFile, withDependencies } from "./descriptor-index.ts";

/** What is asked; the two versions of the protocol differ in nothing but their package. */
export type ReflectionQuestion = ServerReflectionRequest["messageRequest"] | AlphaRequest["messageRequest"];

/** What is answered, in the shape that a response of either version is made from. */
export type ReflectionAnswer =
  | { case: "fileDescriptorResponse"; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: "allExtensionNumbersResponse"; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: "listServicesResponse"; value: { service: { name: string }[] } }
  | { case: "errorResponse"; value: { errorCode: number; errorMessage: string } };

/**
 * Answers the questions of reflection about a set of services. A file is sent with all that it imports, so that one
 * question is enough. Nothing is indexed before the first.
 */
export function createReflectionAnswers(
  services: readonly DescService[],
): (question: ReflectionQuestion) => ReflectionAnswer {
  let index: ReturnType<typeof createDescriptorIndex> | undefined;

  return (question) => {
    index ??= createDescriptorIndex(services);
    switch (question.case) {
      case "fileByFilename":
        return files(index.fileNamed(question.value), `file ${question.value}`);
      case "fileContainingSymbol":
        return files(index.fileDefining(question.value), `symbol ${question.value}`);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = question.value;
        return files(
          index.fileExtending(containingType, extensionNumber),
          `extension ${extensionNumber} of ${containingType}`,
        );
      }
      case "allExtensionNumbersOfType": {
        const numbers = index.extensionNumbers(question.value);
        if (!numbers) return failure("NOT_FOUND", `message ${question.value} not found`);
        const value = { baseTypeName: question.value, extensionNumber: [...numbers] };
        return { case: "allExtensionNumbersResponse", value };
      }
      case "listServices": {
        const service = services.map(({ typeName }) => ({ name: typeName })).sort((a, b) => (a.name < b.name ? -1 : 1));
        return { case: "listServicesResponse", value: { service } };
      }
      case undefined:
        return failure("INVALID_ARGUMENT", "the request asks nothing");
      default:
        return question satisfies never;
    }
  };
}

function files(file: DescFile | undefined, what: string): ReflectionAnswer {
  if (!file) return failure("NOT_FOUND", `${what} not found`);
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: withDependencies([file]).map(encodeFile) },
  };
}

function failure(code: "NOT_FOUND" | "INVALID_ARGUMENT", errorMessage: string): ReflectionAnswer {
  return { case: "errorResponse", value: { errorCode: CODES[code].grpc, errorMessage } };
}
