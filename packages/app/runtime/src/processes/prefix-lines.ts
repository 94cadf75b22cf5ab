/** Whole lines of one child, each behind its name. */
export interface LinePrefixer {
  /** Takes what the child printed, in whatever pieces; writes each line once it is complete. */
  push(chunk: string): void;
  /** Writes what is left of an unfinished line. */
  end(): void;
}

/** A line longer than this is written in pieces, so that a child that never ends a line cannot fill the memory. */
const MAX_LINE_LENGTH = 65_536;

/** Blue, green, yellow, magenta, cyan, red: apart from each other on dark and light ground. */
const COLORS = [34, 32, 33, 35, 36, 31] as const;

export function createLinePrefixer(prefix: string, write: (line: string) => void): LinePrefixer {
  let open = "";
  const end = (): void => {
    if (open !== "") write(`${prefix}${open}\n`);
    open = "";
  };
  return {
    end,
    push(chunk) {
      const lines = (open + chunk).split("\n");
      open = lines.pop() ?? "";
      for (const line of lines) write(`${prefix}${line}\n`);
      if (open.length > MAX_LINE_LENGTH) end();
    },
  };
}

/** `user-service  | `, padded to the longest name, in the colour of its place in the list. */
export function linePrefix(name: string, names: readonly string[], colors: "on" | "off"): string {
  const padded = name.padEnd(Math.max(...names.map(({ length }) => length)));
  if (colors === "off") return `${padded} | `;
  return `\u001b[${COLORS[names.indexOf(name) % COLORS.length]}m${padded} |\u001b[0m `;
}
