import type { Terminal } from "./terminal.ts";

/** How a command speaks: to a person in text, to a program (`--json`) in JSON, one value per line. */
export interface Output {
  readonly format: "text" | "json";
  /** The answer. In text the result of `toText`, in JSON the value itself. */
  result(value: object, toText: () => string): void;
  /** Something a waiting person wants to know. Goes to standard error, and nowhere with `--json`. */
  note(message: string): void;
}

export function createOutput(terminal: Terminal, flags: { readonly json?: boolean | undefined }): Output {
  if (flags.json) {
    return {
      format: "json",
      result: (value) => terminal.write(`${JSON.stringify(value)}\n`),
      note: () => {},
    };
  }
  return {
    format: "text",
    result: (_value, toText) => terminal.write(`${toText()}\n`),
    note: (message) => terminal.writeError(`${message}\n`),
  };
}
