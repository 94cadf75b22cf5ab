import { invalidArgument } from "@parley/core";

/** What a client may say over its WebSocket; the reference is docs/realtime.md. */
export type ClientMessage =
  | {
      readonly type: "subscribe";
      readonly id: SubscriptionId;
      readonly events: readonly string[];
      readonly resources: readonly string[];
      readonly after: string | undefined;
    }
  | { readonly type: "unsubscribe"; readonly id: SubscriptionId }
  | { readonly type: "ping"; readonly id: SubscriptionId | undefined };

/** Chosen by the client; it comes back in everything that belongs to the subscription. */
export type SubscriptionId = string | number;

const MAX_ID_LENGTH = 64;

/** @throws ParleyError INVALID_ARGUMENT that names the member which is wrong. */
export function parseClientMessage(text: string): ClientMessage {
  const message = parseObject(text);
  switch (message.type) {
    case "subscribe": {
      const { after } = message;
      if (after !== undefined && typeof after !== "string") throw wrong("after", "must be the id of an event");
      return {
        type: "subscribe",
        id: idOf(message),
        events: textsOf(message, "events"),
        resources: textsOf(message, "resources"),
        after,
      };
    }
    case "unsubscribe":
      return { type: "unsubscribe", id: idOf(message) };
    case "ping":
      return { type: "ping", id: message.id === undefined ? undefined : idOf(message) };
    default:
      throw wrong("type", "must be subscribe, unsubscribe or ping");
  }
}

/** The id of a message that is otherwise wrong, so that its error can name it. */
export function idOfMessage(text: string): SubscriptionId | undefined {
  try {
    return idOf(parseObject(text));
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong("", "a message must be JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong("", 'a message must be an object such as {"type":"ping"}');
}

function idOf({ id }: Fields): SubscriptionId {
  const isId = Number.isSafeInteger(id) || (typeof id === "string" && id !== "" && id.length <= MAX_ID_LENGTH);
  if (isId) return id as SubscriptionId;
  throw wrong("id", `must be a whole number or a text of 1 to ${MAX_ID_LENGTH} characters`);
}

function textsOf(message: Fields, key: "events" | "resources"): readonly string[] {
  const texts = message[key] ?? [];
  if (Array.isArray(texts) && texts.every((text) => typeof text === "string")) return texts;
  throw wrong(key, "must be a list of texts");
}

function wrong(field: string, description: string) {
  return invalidArgument({ field, description });
}
