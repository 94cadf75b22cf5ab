import { parseArgs } from "node:util";

/** The words of a shell command that uses quotes but no expansion. */
function wordsOf(command: string): string[] {
  const words = command.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"])+/g) ?? [];
  return words.map((word) =>
    word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, single?: string, double?: string) => single ?? double ?? ""),
  );
}

/**
 * Makes the request that a `curl` command describes, so that pages run where curl is not installed. Knows the flags
 * that the pages use; any other is an error.
 *
 * @param hosts what stands in the page, and where it is in this run: `localhost:3000` → `127.0.0.1:40123`.
 */
export async function curl(
  command: string,
  hosts: ReadonlyMap<string, string>,
): Promise<{ status: number; body: string }> {
  const [program, ...args] = wordsOf(command);
  if (program !== "curl") throw new Error(`expected a curl command, got ${command}`);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      request: { type: "string", short: "X" },
      header: { type: "string", short: "H", multiple: true },
      data: { type: "string", short: "d" },
      silent: { type: "boolean", short: "s" },
    },
  });
  const url = new URL(positionals[0] ?? "");
  url.host = hosts.get(url.host) ?? url.host;
  const response = await fetch(url, {
    method: values.request ?? (values.data === undefined ? "GET" : "POST"),
    headers: (values.header ?? []).map((header): [string, string] => {
      const at = header.indexOf(":");
      return [header.slice(0, at), header.slice(at + 1).trim()];
    }),
    ...(values.data !== undefined && { body: values.data }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, body: await response.text() };
}
