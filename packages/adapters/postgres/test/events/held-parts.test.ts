import { noopLogger } from "@parley/core";
import { expect, it } from "vitest";
import type { OwnedPart } from "../../src/transport/group.ts";
import { createHeldParts } from "../../src/transport/hold-parts.ts";

const owned = (part: number, generation: bigint): OwnedPart => ({
  topic: "topic",
  part,
  position: 0n,
  ahead: [],
  generation,
  quota: 2,
});

it("a heartbeat that was asked before a part was given back does not bring the part back", () => {
  const parts = createHeldParts("group", noopLogger);
  parts.update([owned(1, 5n), owned(2, 3n)]);
  const [first] = [...parts.all.values()];
  if (!first) expect.unreachable();
  parts.forget([first]);
  parts.update([owned(1, 5n), owned(2, 3n)]);
  expect([...parts.all.values()].map(({ part }) => part)).toEqual([2]);
  // Once it has been another's it may be ours again.
  parts.update([owned(1, 7n), owned(2, 3n)]);
  expect([...parts.all.values()].map(({ part, generation }) => [part, generation])).toEqual([
    [2, 3n],
    [1, 7n],
  ]);
});
