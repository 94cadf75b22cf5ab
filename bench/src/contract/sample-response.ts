import { create } from "@bufbuild/protobuf";
import { type GetUserResponse, GetUserResponseSchema } from "../../../systems/orders/gen/users/v1/users_pb.ts";
import { SAMPLE_TIME, SAMPLE_USER } from "./sample-user.ts";

// Apart from the user itself, so that a contestant without protobuf-es does not hold it.

const TIME = { seconds: BigInt(SAMPLE_TIME.seconds), nanos: SAMPLE_TIME.nanos };

/** What a handler on protobuf-es returns. */
export function sampleAnswer(id: number) {
  return { user: { ...SAMPLE_USER, id, createdAt: TIME, updatedAt: TIME } };
}

/** The same as a message. */
export function sampleResponse(id: number): GetUserResponse {
  return create(GetUserResponseSchema, sampleAnswer(id));
}
