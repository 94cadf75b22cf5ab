import { create } from "@bufbuild/protobuf";
import { type GetUserResponse, GetUserResponseSchema } from "../../../systems/orders/gen/users/v1/users_pb.ts";

/** The user that every server answers with: of an everyday size, the same for all. */
export const SAMPLE_USER = {
  id: 42,
  name: "Ada Lovelace",
  email: "ada.lovelace@example.com",
  phone: "+44 20 7946 0958",
  address: "12 St James's Square, London SW1Y 4JH",
} as const;

/** Both times of the user. */
export const SAMPLE_TIME = { seconds: 1_767_225_600, nanos: 123_000_000 } as const;

const TIME = { seconds: BigInt(SAMPLE_TIME.seconds), nanos: SAMPLE_TIME.nanos };

/** What a handler on protobuf-es returns. */
export function sampleAnswer(id: number) {
  return { user: { ...SAMPLE_USER, id, createdAt: TIME, updatedAt: TIME } };
}

/** The same as a message. */
export function sampleResponse(id: number): GetUserResponse {
  return create(GetUserResponseSchema, sampleAnswer(id));
}
