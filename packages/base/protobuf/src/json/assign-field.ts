import { create, type DescField, type Message } from "@bufbuild/protobuf";

type Fields = Record<string, unknown>;

/** Sets a field of a message, of a oneof as well. */
export function assignField(message: Message, field: DescField, value: unknown): void {
  const fields = message as unknown as Fields;
  if (field.oneof) fields[field.oneof.localName] = { case: field.localName, value };
  else fields[field.localName] = value;
}

/** The value of a field as the message keeps it; undefined where a oneof holds another field. */
export function fieldValue(message: Message, field: DescField): unknown {
  const fields = message as unknown as Fields;
  if (!field.oneof) return fields[field.localName];
  const chosen = fields[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
  return chosen?.case === field.localName ? chosen.value : undefined;
}

/** The message that holds the last field of a path; messages on the way are made where they are missing. */
export function holderOf(message: Message, path: readonly DescField[]): Message {
  let holder = message;
  for (const field of path.slice(0, -1)) {
    let next = fieldValue(holder, field) as Message | undefined;
    if (!next && field.message) {
      next = create(field.message);
      assignField(holder, field, next);
    }
    if (next) holder = next;
  }
  return holder;
}
