import { ParleyError } from "@parley/core";
import type { Statement } from "./connection.ts";
import { encodeParams } from "./values/encode-param.ts";

/** Of PostgreSQL's protocol: the count is a 16-bit number. */
const MAX_PARAMS = 65_535;
/** The server refuses a message of 1 GiB, by ending the connection. Headers and types of parameters take some of it. */
const MAX_STATEMENT_BYTES = 1_000_000_000;
/** A UTF-16 unit takes so many bytes of UTF-8 at most. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * One statement as drivers send it. What PostgreSQL's protocol cannot carry is refused here, where it is the statement's fault:
 * the server would end the connection, which looks like an outage and is tried again.
 * @throws ParleyError INTERNAL for a text or a number of parameters that is no statement; else as {@link encodeParams}.
 */
export function toStatement(
  text: string,
  params: readonly unknown[],
  {
    prepare,
    maxBytes = MAX_STATEMENT_BYTES,
  }: { readonly prepare?: boolean | undefined; readonly maxBytes?: number } = {},
): Statement {
  if (params.length > MAX_PARAMS) {
    const remedy = "pass arrays and unnest them, or send it in parts";
    throw refused(`has ${params.length} parameters, and PostgreSQL takes ${MAX_PARAMS}: ${remedy}`);
  }
  assertText(text);
  const encoded = encodeParams(params);
  const bytes = bytesAbove(maxBytes, [text, ...encoded]);
  if (bytes !== undefined) {
    throw refused(`and its parameters have ${bytes} bytes, and PostgreSQL takes ${maxBytes}: send it in parts`);
  }
  return { text, params: encoded, kind: "one", prepare };
}

/** Several statements without parameters. @throws ParleyError INTERNAL for a text that PostgreSQL cannot take. */
export function toScript(text: string): Statement {
  assertText(text);
  return { text, kind: "script" };
}

/** A text ends at U+0000 in the protocol, and what follows would be read as another part of the message. */
function assertText(text: string): void {
  if (text.includes("\0")) throw refused("holds U+0000, which no statement can: pass values as parameters");
  if (!text.isWellFormed()) throw refused("holds half of a surrogate pair: pass values as parameters");
}

function refused(problem: string): ParleyError {
  return new ParleyError("INTERNAL", `the statement ${problem}`);
}

/** The bytes of all together if they are more than `limit`. Measured only where they might be. */
function bytesAbove(limit: number, texts: readonly (string | null)[]): number | undefined {
  let units = 0;
  for (const text of texts) units += text?.length ?? 0;
  if (units * MAX_BYTES_PER_UNIT <= limit) return undefined;
  let bytes = 0;
  for (const text of texts) bytes += text === null ? 0 : Buffer.byteLength(text);
  return bytes > limit ? bytes : undefined;
}
