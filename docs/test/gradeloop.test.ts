import { readFileSync } from "node:fs";
import { afterAll, expect, test, vi } from "vitest";
import { startGradeloop } from "../../systems/gradeloop/test/support/gradeloop-system.ts";
import { type LiveClient, listenSse } from "../../systems/gradeloop/test/support/live.ts";
import { logIn, type Person } from "../../systems/gradeloop/test/support/people.ts";
import { curl } from "./curl.ts";
import { blocksOf } from "./page.ts";
import { asShown } from "./same-answer.ts";

/** In this order on one system: the first page only looks. */
const PAGES = ["README.md", "docs/gradeloop.md"];
/** Enough for a loaded machine; what is awaited mostly takes some ten milliseconds. */
const patience = { timeout: 20_000, interval: 100 };

const system = await startGradeloop();
const gateway = system.addressOf("gateway");
const hosts = new Map([["localhost:8080", gateway.replace("http://", "")]]);
const { tokens } = await logIn(gateway);
const open: LiveClient[] = [];
afterAll(async () => {
  for (const client of open) await client[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

/** What a shell would make of `$ADA`. */
const withTokens = (command: string): string =>
  command.replace(/\$([A-Z]+)/g, (_, name: string) => tokens.get(name.toLowerCase() as Person)?.access_token ?? "");

interface Step {
  readonly page: string;
  readonly line: number;
  readonly kind: string;
  readonly text: string;
  /** The block after it, if it is an answer. */
  readonly answer?: { readonly status: number; readonly json: unknown };
}

const steps = PAGES.flatMap((page) =>
  stepsOf(page, blocksOf(readFileSync(new URL(`../../${page}`, import.meta.url), "utf8"))),
);

function stepsOf(page: string, blocks: ReturnType<typeof blocksOf>): Step[] {
  return blocks.flatMap((block, at): Step[] => {
    if (!/^(sh run( eventually)?|sh live|sse)$/.test(block.info)) return [];
    const next = blocks[at + 1];
    const answer = next && /^json(?: (\d{3}))?$/.exec(next.info);
    const shown = answer && { status: Number(answer[1] ?? 200), json: JSON.parse(next.text) as unknown };
    return [{ page, line: block.line, kind: block.info, text: block.text, ...(shown && { answer: shown }) }];
  });
}

async function request({ text, answer }: Step): Promise<void> {
  const { status, body } = await curl(withTokens(text), hosts);
  if (answer) expect({ status, json: asShown(JSON.parse(body), answer.json) }).toEqual(answer);
  else expect(status).toBeLessThan(300);
}

async function listen({ text }: Step): Promise<void> {
  const [, url = ""] = /'([^']+)'/.exec(text) ?? [];
  const token = /Bearer ([^"]+)"/.exec(withTokens(text))?.[1] ?? "";
  const resources = new URL(url).searchParams.get("resources")?.split(",") ?? [];
  open.push(await listenSse(gateway, { token, resources }));
}

async function hear({ text }: Step): Promise<void> {
  const shown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "") as { event: string };
  const live = open.at(-1);
  await vi.waitFor(() => {
    const heard = live?.events.filter(({ event }) => event === shown.event).map((event) => asShown(event, shown));
    expect(heard).toContainEqual(shown);
  }, patience);
}

test.each(steps)("$page, line $line: $kind", async (step) => {
  if (step.kind === "sh live") await listen(step);
  else if (step.kind === "sse") await hear(step);
  else if (step.kind === "sh run eventually") await vi.waitFor(() => request(step), patience);
  else await request(step);
});
