import { readFileSync } from "node:fs";

/** One command of a page, and the answer that the page shows for the last command of its block. */
export interface DocumentedCommand {
  readonly line: number;
  readonly command: string;
  readonly answer?: { readonly status: number; readonly json: unknown };
}

const FENCE = /^```(.*)$/;

interface Block {
  readonly info: string;
  readonly line: number;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = FENCE.exec(line);
    if (fence && open) {
      blocks.push({ info: open.info, line: open.line, text: open.lines.join("\n") });
      open = undefined;
    } else if (fence) {
      open = { info: fence[1] ?? "", line: index + 1, lines: [] };
    } else {
      open?.lines.push(line);
    }
  }
  if (open) throw new Error(`the block that begins on line ${open.line} is never closed`);
  return blocks;
}

/**
 * The commands of a page that are to be run: those in blocks marked `sh run`. A `json` block that follows directly is
 * the answer of the last one; `json 404` says its status, 200 is meant without.
 */
export function commandsOf(path: URL): DocumentedCommand[] {
  const blocks = blocksOf(readFileSync(path, "utf8"));
  return blocks.flatMap((block, index) => {
    if (block.info !== "sh run") return [];
    const next = blocks[index + 1];
    const json = next && /^json(?: (\d{3}))?$/.exec(next.info);
    const commands = block.text.split("\n").filter((command) => command.trim() !== "");
    return commands.map((command, position) => {
      const line = block.line + 1 + position;
      return json && position === commands.length - 1
        ? { line, command, answer: { status: Number(json[1] ?? 200), json: JSON.parse(next.text) } }
        : { line, command };
    });
  });
}
