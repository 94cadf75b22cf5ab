import { defineEvent } from "@parley/events";
import { liveEvent } from "@parley/gateway";
import { expect, test } from "vitest";
import { createListeners } from "../src/realtime/listeners.ts";
import { createPayloadReader } from "../src/realtime/payloads.ts";
import { resolveEdgeJsonStyle } from "../src/rest/json-style.ts";
import { BookSchema } from "./gen/everything_pb.ts";

const of = (name: string) => defineEvent({ name, topic: "books", schema: BookSchema, key: ({ name: key }) => key });
const Added = of("books.added");
const Sold = of("books.sold");
const Opened = defineEvent({ name: "shelves.opened", schema: BookSchema });

const deliveryOf = (topic: string, type: string) => {
  const envelope = {
    ...{ id: "1", source: "/books", type, timeMs: 0, contentType: "application/json", extensions: {} },
    data: new TextEncoder().encode('{"name":"shelves/1/books/1"}'),
  };
  return { topic, envelope, attempt: 1, signal: AbortSignal.timeout(60_000) };
};

test("of a shared topic clients are shown the events that are theirs, by the names of the events", () => {
  const read = createPayloadReader(
    [liveEvent(Added, "everyone"), liveEvent(Opened, "everyone")],
    resolveEdgeJsonStyle(),
  );
  expect(read(deliveryOf("books", Added.name))).toMatchObject({ name: "books.added" });
  expect(read(deliveryOf("books", Sold.name))).toBeUndefined();
  expect(read(deliveryOf("shelves.opened", "of a foreign client"))).toMatchObject({ name: "shelves.opened" });
});

test("a listener hears its own event of a shared topic, and subscribes to that topic once", () => {
  const heard: string[] = [];
  const listener = (event: typeof Added) => ({ event, hear: () => void heard.push(event.name) });
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const listeners = createListeners([listener(Added), listener(Sold)] as never, silent);
  expect(listeners.topics).toEqual(["books"]);
  listeners.hear(deliveryOf("books", Sold.name));
  expect(heard).toEqual(["books.sold"]);
});
