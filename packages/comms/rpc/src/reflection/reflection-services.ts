import type { DescService } from "@bufbuild/protobuf";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as AlphaServerReflection } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { implement } from "../server/implement.ts";
import type { ServiceRegistration } from "../server/service-implementation.ts";
import { createReflectionAnswers, type ReflectionQuestion } from "./answer-reflection.ts";

/**
 * Server reflection, v1 and v1alpha, for tools such as grpcurl: tells which services there are and what their contracts
 * say. It lists itself too.
 */
export function reflectionServices(services: readonly DescService[]): readonly ServiceRegistration[] {
  const answer = createReflectionAnswers([...services, ServerReflection, AlphaServerReflection]);

  async function* answers<R extends { readonly host: string; readonly messageRequest: ReflectionQuestion }>(
    requests: AsyncIterable<R>,
  ) {
    for await (const request of requests) {
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request.messageRequest),
      };
    }
  }

  return [
    implement(ServerReflection, { serverReflectionInfo: (requests) => answers(requests) }),
    implement(AlphaServerReflection, { serverReflectionInfo: (requests) => answers(requests) }),
  ];
}
