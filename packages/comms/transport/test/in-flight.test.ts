import { describe, expect, it } from "vitest";
import { createInFlight } from "../src/delivery/in-flight.ts";

describe("createInFlight", () => {
  const never = new AbortController().signal;

  it("admits by count and bytes, in the order of asking", async () => {
    const inFlight = createInFlight({ messages: 2, bytes: 10 });
    const admitted: string[] = [];
    const enter = (name: string, bytes: number) => inFlight.enter(bytes, never).then(() => void admitted.push(name));
    await enter("large", 50);
    const rest = [enter("a", 6), enter("b", 6), enter("c", 1)];
    await Promise.resolve();
    expect(admitted).toEqual(["large"]);
    inFlight.leave(50);
    await rest[0];
    expect(admitted).toEqual(["large", "a"]);
    inFlight.leave(6);
    await Promise.all(rest);
    expect(admitted).toEqual(["large", "a", "b", "c"]);
  });

  it("gives up a place whose signal aborts", async () => {
    const inFlight = createInFlight({ messages: 1, bytes: 10 });
    await inFlight.enter(1, never);
    const caller = new AbortController();
    const given = inFlight.enter(1, caller.signal);
    const next = inFlight.enter(1, never);
    caller.abort(new Error("gone"));
    await expect(given).rejects.toThrow("gone");
    inFlight.leave(1);
    await next;
  });
});
