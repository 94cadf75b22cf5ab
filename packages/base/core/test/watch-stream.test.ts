import { describe, expect, test } from "vitest";
import { attachObserver, type ObservableStream, type StreamWatcher, watchStream } from "../src/call/watch-stream.ts";

function notes() {
  const heard: string[] = [];
  const watcher: StreamWatcher = {
    onMessage: () => heard.push("message"),
    onEnd: (end) => heard.push(end.how === "failed" ? `failed: ${(end.thrown as Error).message}` : end.how),
  };
  return { heard, watcher };
}

async function* numbers(failure?: Error) {
  yield 1;
  yield 2;
  if (failure) throw failure;
}

/** Not `Array.fromAsync`, which also stops a stream that has failed. */
async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

describe("a stream that is watched", () => {
  test("is the same, and its watcher hears of each message and of the end", async () => {
    const { heard, watcher } = notes();
    expect(await read(watchStream(numbers(), watcher))).toEqual([1, 2]);
    expect(heard).toEqual(["message", "message", "finished"]);
  });

  test("fails as before, and its watcher hears of it", async () => {
    const { heard, watcher } = notes();
    await expect(read(watchStream(numbers(new Error("no")), watcher))).rejects.toThrow("no");
    expect(heard).toEqual(["message", "message", "failed: no"]);
  });

  test("ends when its reader stops, and its watcher hears of it", async () => {
    const { heard, watcher } = notes();
    for await (const _each of watchStream(numbers(), watcher)) break;
    expect(heard).toEqual(["message", "stopped"]);
  });

  test("tells its first watcher itself if it can, and has a stream around it for the next", async () => {
    const [first, second] = [notes(), notes()];
    const own = Object.assign(numbers(), {
      [attachObserver](watcher: StreamWatcher) {
        if (watcher === second.watcher) return "full" as const;
        watcher.onMessage?.();
        return "taken" as const;
      },
    } satisfies ObservableStream);
    expect(watchStream(own, first.watcher)).toBe(own);
    expect(await read(watchStream(own, second.watcher))).toEqual([1, 2]);
    expect([first.heard, second.heard]).toEqual([["message"], ["message", "message", "finished"]]);
  });
});
