import { expect, test } from "vitest";
import { Metadata } from "../src/call/metadata.ts";

test("keeps several values of a key in order, and copies apart", () => {
  const metadata = new Metadata([
    ["a", "1"],
    ["a", "2"],
    ["t-bin", Uint8Array.of(1)],
  ]);
  const copy = metadata.clone().append("a", "3");
  expect(metadata.getAll("a")).toEqual(["1", "2"]);
  expect(copy.getAll("a")).toEqual(["1", "2", "3"]);
  expect(metadata.get("a")).toBe("1");
  expect(metadata.getBytes("t-bin")).toEqual(Uint8Array.of(1));
  expect(metadata.get("t-bin")).toBeUndefined();
  expect([...metadata.delete("a")].map(([key]) => key)).toEqual(["t-bin"]);
});

test.each([
  ["Upper", "x", /lower-case/],
  ["", "x", /lower-case/],
  ["a b", "x", /lower-case/],
  ["a", "line\r\nbreak", /printable ASCII/],
  ["a", "ü", /name it a-bin/],
  ["a", Uint8Array.of(1), /name it a-bin/],
  ["a-bin", "text", /must hold bytes/],
])("refuses %j: %j", (key, value, message) => {
  expect(() => new Metadata().set(key, value)).toThrow(message);
});

test("received metadata is read once, when somebody looks and it is there; what was written before that stays", () => {
  let found: Metadata | undefined;
  let reads = 0;
  const source = {
    readMetadata() {
      reads += 1;
      return found;
    },
  };
  const received = Metadata.received(source);
  const written = Metadata.received(source);
  expect(reads).toBe(0);
  expect(received.get("a")).toBeUndefined();
  written.set("a", "own");
  found = new Metadata([["a", "theirs"]]);
  expect(received.get("a")).toBe("theirs");
  expect(written.get("a")).toBe("own");
  const readsSoFar = reads;
  expect(received.getAll("a")).toEqual(["theirs"]);
  expect(reads).toBe(readsSoFar);
});
