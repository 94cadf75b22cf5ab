import { expect, test } from "vitest";
import { StreamWindow } from "../../src/http2/socket/stream-window.ts";
import { MAX_STREAM_WINDOW_BYTES } from "../../src/http2/window.ts";

const FIRST = 256 * 1_024;

function open() {
  const answers: (() => void)[] = [];
  const window = new StreamWindow(FIRST, { ping: (onAck) => answers.push(onAck) > 0 });
  return { window, answers };
}

test("a window that a round trip fills is doubled, up to its bound", () => {
  const { window, answers } = open();
  for (let round = 0; round < 10; round += 1) {
    window.measure();
    window.take(window.bytes);
    answers.pop()?.();
  }
  expect(window.bytes).toBe(MAX_STREAM_WINDOW_BYTES);
  window.measure();
  expect(answers).toEqual([]);
});

test("a window stays where a round trip carries less", () => {
  const { window, answers } = open();
  window.take(10 * FIRST);
  window.measure();
  window.take(FIRST / 2);
  answers.pop()?.();
  expect(window.bytes).toBe(FIRST);
});

test("one round trip is measured at a time, and none if no PING can go out", () => {
  const { window, answers } = open();
  window.measure();
  window.measure();
  expect(answers).toHaveLength(1);
  const mute = new StreamWindow(FIRST, { ping: () => false });
  mute.measure();
  mute.take(FIRST);
  expect(mute.bytes).toBe(FIRST);
});
