import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { HttpBinding } from "@parley/protobuf";
import { assignField, CONTRACT_NAMES, fieldValue, findField } from "@parley/protobuf/internal";

/** A body that is no JSON: bytes of any type. */
export interface RawContent {
  readonly contentType: string;
  readonly data: Uint8Array;
}

/** The type of an answer that names none (RFC 9110 section 8.3). */
export const UNKNOWN_TYPE = "application/octet-stream";

function isHttpBody(desc: DescMessage | undefined): desc is DescMessage {
  return desc?.typeName === "google.api.HttpBody";
}

/** The message that a body fills, or an answer is: the whole one, or a field of it. */
interface RawPlace {
  readonly desc: DescMessage;
  readonly field: DescField | undefined;
}

function rawPlace(whole: DescMessage, name: string | undefined): RawPlace | undefined {
  if (name === undefined || name === "*") return isHttpBody(whole) ? { desc: whole, field: undefined } : undefined;
  const field = findField(whole, name, CONTRACT_NAMES);
  return field?.fieldKind === "message" && isHttpBody(field.message) ? { desc: field.message, field } : undefined;
}

/** Makes a request of a body that is `google.api.HttpBody`; undefined for a rule whose body is JSON, or that has none. */
export function rawRequest(input: DescMessage, { body }: HttpBinding): ((content: RawContent) => Message) | undefined {
  const place = body === undefined ? undefined : rawPlace(input, body);
  if (!place) return undefined;
  const { desc, field } = place;
  return ({ contentType, data }) => {
    const content = create(desc, { contentType, data } as never);
    if (!field) return content;
    const request = create(input);
    assignField(request, field, content);
    return request;
  };
}

/** The body of an answer that is `google.api.HttpBody`; undefined for a rule whose answer is JSON. */
export function rawResponse(
  output: DescMessage,
  { responseBody }: HttpBinding,
): ((response: Message) => RawContent) | undefined {
  const place = rawPlace(output, responseBody);
  if (!place) return undefined;
  const { field } = place;
  return (response) => {
    const content = field ? fieldValue(response, field) : response;
    const { contentType, data } = (content ?? {}) as Partial<RawContent>;
    return { contentType: contentType || UNKNOWN_TYPE, data: data ?? new Uint8Array(0) };
  };
}
