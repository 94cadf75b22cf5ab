import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startGradeloop } from "../../systems/gradeloop/test/support/gradeloop-system.ts";
import { logIn } from "../../systems/gradeloop/test/support/people.ts";
import { assign, published } from "../../systems/gradeloop/test/support/things.ts";
import { blocksOf } from "./page.ts";

const PAGE = readFileSync(new URL("../realtime.md", import.meta.url), "utf8");
/** Enough for a loaded machine; what is awaited mostly takes some ten milliseconds. */
const patience = { timeout: 20_000, interval: 20 };

const system = await startGradeloop();
afterAll(() => system[Symbol.asyncDispose]());
const gateway = system.addressOf("gateway");
const people = await logIn(gateway);
const token = people.tokens.get("ada")?.access_token ?? "";

/** The text of a stream as it grows, asked for as a command of the page does. */
async function open(command: string): Promise<{ text(): string } & AsyncDisposable> {
  const url = /https?:\/\/[^\s"]+/.exec(command)?.[0].replace("http://localhost:8080", gateway) ?? "";
  const headers = [...command.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(
    ([, name = "", value = ""]) => [name, value.replace("$TOKEN", token)] as const,
  );
  const controller = new AbortController();
  const response = await fetch(url, { headers: Object.fromEntries(headers), signal: controller.signal });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  let text = "";
  const reading = (async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  })().catch(() => {}); // it is aborted
  return {
    text: () => text,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await reading;
    },
  };
}

/** A stream without what differs from run to run: ids, times, and what the events say. */
function outline(text: string): string[] {
  return text.split("\n\n").flatMap((block) => {
    const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    const shapes = lines.map((line) => {
      const [name = "", value = ""] = line.split(/: (.*)/s);
      if (name === "id") return "id";
      return name === "data" ? `data ${shapeOf(JSON.parse(value))}` : `${name}: ${value}`;
    });
    return shapes.length > 0 ? [shapes.sort().join(", ")] : [];
  });
}

function shapeOf(json: unknown): string {
  if (typeof json !== "object" || json === null) return typeof json;
  return `{${Object.entries(json)
    .map(([name, value]) => `${name}: ${shapeOf(value)}`)
    .sort()
    .join(", ")}}`;
}

const blocks = blocksOf(PAGE);
const commands = blocks
  .filter(({ info }) => info === "sh live")
  .flatMap(({ line, text }) => text.split("\n").map((command, at) => ({ line: line + 1 + at, command })));

test.each(commands)("line $line is answered with events", async ({ command }) => {
  await using stream = await open(command);
  await vi.waitFor(() => expect(stream.text()).toMatch(/^id: /m), patience);
});

test("an answer looks as the page shows it", async () => {
  const shown = blocks.find(({ info }) => info === "text sse")?.text ?? "";
  const course = await published(people, ["alan"]);
  await using stream = await open(
    `curl -N "http://localhost:8080/api/v1/events?resources=courses/${course.id}" -H "authorization: Bearer $TOKEN"`,
  );
  await vi.waitFor(() => expect(outline(stream.text())).toContain("id"), patience);
  await assign(people, course, { title: "Essay" });
  await vi.waitFor(() => expect(stream.text()).toContain("assignments.created"), patience);
  await vi.waitFor(() => expect(outline(stream.text())).toEqual(expect.arrayContaining(outline(shown))), patience);
  expect(outline(shown)).toHaveLength(3);
});

test("an id that this system did not make is answered with the reset that the page names", async () => {
  const [command = ""] = commands.filter((each) => each.command.includes("last-event-id")).map((each) => each.command);
  await using stream = await open(command);
  await vi.waitFor(() => expect(stream.text()).toContain("event: reset"), patience);
  const code = /"code":"(\w+)"/.exec(stream.text())?.[1] ?? "";
  expect(PAGE).toContain(`| \`${code}\` |`);
});

describe("over the WebSocket", () => {
  /** What stands between backquotes in the two columns of the first table with JSON. */
  const rows = [...PAGE.matchAll(/^\| `(\{"type": "[^`]+\})` \| `(\{[^`]+\})`/gm)].map(
    ([, says = "", answer = ""]) => ({
      says: JSON.parse(says.replace("<id>", "0")) as { type: string },
      answers: JSON.parse(answer.replaceAll("[…]", "[]")) as { type: string },
    }),
  );

  test("each message of the page gets the answer of the page", async () => {
    expect(rows.map(({ says }) => says.type)).toEqual(["subscribe", "unsubscribe", "ping"]);
    const socket = new WebSocket(`${gateway.replace("http", "ws")}/api/v1/ws`, ["parley.v1", `bearer.${token}`]);
    const heard: { type: string }[] = [];
    socket.on("message", (data) => heard.push(JSON.parse(String(data)) as { type: string }));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    for (const { says, answers } of rows) {
      socket.send(JSON.stringify(says));
      await vi.waitFor(() => expect(heard.map(({ type }) => type)).toContain(answers.type), patience);
      const answer = heard.find(({ type }) => type === answers.type) ?? {};
      expect(Object.keys(answer).sort()).toEqual(Object.keys(answers).sort());
    }
    socket.send("nothing of this");
    await vi.waitFor(() => expect(heard.map(({ type }) => type)).toContain("error"), patience);
    socket.close();
  });

  test("every event and code that the page names is there", async () => {
    for (const [name] of PAGE.matchAll(/[a-z]+\.(created|graded|published)\b/g)) {
      const response = await fetch(`${gateway}/api/v1/events?events=${name}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect([name, response.status]).toEqual([name, 200]);
      await response.body?.cancel();
    }
  });
});
