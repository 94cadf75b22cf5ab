import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { HttpBinding } from "@parley/protobuf";
import { CONTRACT_NAMES, fieldNameOf, findField, type MessageWriters } from "@parley/protobuf/internal";
import type { EdgeJsonStyle } from "../json-style.ts";

/** The HTTP body of a response message. */
export type ResponseBinding = (response: Message) => string;

export interface ResponseBindingOptions {
  readonly output: DescMessage;
  readonly binding: HttpBinding;
  readonly writers: MessageWriters;
  readonly style: EdgeJsonStyle;
}

/**
 * Compiles how a response becomes a body: whole or the field of `response_body`, in the envelope of the style.
 *
 * @throws TypeError if `response_body` names no field of the response.
 */
export function createResponseBinding(options: ResponseBindingOptions): ResponseBinding {
  const { output, binding, writers, style } = options;
  const write = bareWriter(options);
  if (style.envelope === "none") return write;
  const pagination = paginationOf(output, binding, style);
  if (!pagination) return (response) => `{"data":${write(response)}}`;
  const prefix = `,${JSON.stringify(fieldNameOf(pagination, style))}:`;
  const writePagination = writers.field(pagination);
  return (response) => `{"data":${write(response)}${prefix}${writePagination(response)}}`;
}

/** The field that stands beside the data, if this binding has one. */
export function paginationOf(output: DescMessage, binding: HttpBinding, style: EdgeJsonStyle): DescField | undefined {
  if (style.envelope === "none" || binding.responseBody === undefined) return undefined;
  const body = findField(output, binding.responseBody, CONTRACT_NAMES);
  return output.fields.find((field) => field.name === style.paginationField && field !== body);
}

/** The body without an envelope: also what one element of a stream is. */
export function bareWriter({ output, binding, writers }: ResponseBindingOptions): ResponseBinding {
  if (binding.responseBody === undefined) return writers.message(output);
  const field = findField(output, binding.responseBody, CONTRACT_NAMES);
  if (!field) {
    throw new TypeError(`the HTTP rule's response_body ${binding.responseBody} is not a field of ${output.typeName}`);
  }
  return writers.field(field);
}
