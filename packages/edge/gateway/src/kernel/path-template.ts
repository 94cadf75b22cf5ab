/**
 * Path templates as google.api.http defines them:
 *
 * ```
 * Template  = "/" Segments [ ":" LITERAL ]
 * Segments  = Segment { "/" Segment }
 * Segment   = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}"
 * FieldPath = IDENT { "." IDENT }
 * ```
 *
 * `*` stands for one segment that is not empty, `**` for any number of them and only at the end.
 */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "single" }
  | { readonly kind: "rest" };

/** A request field that takes its value from a part of the path. */
export interface PathVariable {
  /** The field path in contract names: `book.name`. */
  readonly fieldPath: string;
  /** Index of the first segment it covers. */
  readonly start: number;
  /** Index after the last one; undefined if it reaches to the end of the path. */
  readonly end: number | undefined;
  /** True if it covers exactly one segment: then its value is decoded whole, otherwise `%2F` stays as it is. */
  readonly single: boolean;
}

export interface PathTemplate {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly PathVariable[];
  /** The custom verb after the last `:`, without it. */
  readonly verb: string | undefined;
}

/** Characters a literal may hold: what may stand in a path unescaped, and percent-encodings. */
const LITERAL = /^(?:[\w.~!$&'()+,;@-]|%[0-9A-Fa-f]{2})+$/;
const FIELD_PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** @throws TypeError that names the template, the place and what is allowed there. */
export function parsePathTemplate(text: string): PathTemplate {
  const fail = (reason: string): never => {
    throw new TypeError(`path template ${JSON.stringify(text)} ${reason}`);
  };
  if (!text.startsWith("/")) fail('must begin with "/"');
  const segments: Segment[] = [];
  const variables: PathVariable[] = [];
  const { body, verb } = splitVerb(text.slice(1));
  if (verb !== undefined && !LITERAL.test(verb)) fail(`has a verb ":${verb}" that is not a plain literal`);
  if (verb !== undefined && body === "") fail(`has a verb ":${verb}" without a segment before it`);

  const addSegment = (part: string): void => {
    if (segments.at(-1)?.kind === "rest") fail('must have nothing after "**"');
    if (part === "*") segments.push({ kind: "single" });
    else if (part === "**") segments.push({ kind: "rest" });
    else if (LITERAL.test(part)) segments.push({ kind: "literal", text: decodeLiteral(part, fail) });
    else fail(part === "" ? "has an empty segment" : `has a segment "${part}" that is neither a literal, "*" nor "**"`);
  };

  for (const part of splitSegments(body, fail)) {
    if (!part.startsWith("{")) {
      addSegment(part);
      continue;
    }
    const [fieldPath = "", pattern = "*"] = splitOnce(part.slice(1, -1), "=");
    if (!FIELD_PATH.test(fieldPath)) fail(`has a variable "${fieldPath}" that is not a field path`);
    if (variables.some((other) => other.fieldPath === fieldPath)) fail(`binds ${fieldPath} twice`);
    const start = segments.length;
    for (const inner of pattern.split("/")) addSegment(inner);
    const open = segments.at(-1)?.kind === "rest";
    const single = !open && segments.length === start + 1;
    variables.push({ fieldPath, start, end: open ? undefined : segments.length, single });
  }
  return { text, segments, variables, verb };
}

function decodeLiteral(text: string, fail: (reason: string) => never): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fail(`has a segment "${text}" whose percent-encoding is not UTF-8`);
  }
}

/** Splits at the last `:` that stands outside of braces. */
function splitVerb(text: string): { body: string; verb: string | undefined } {
  const at = text.lastIndexOf(":");
  if (at < 0 || at < text.lastIndexOf("}") || at < text.lastIndexOf("/")) return { body: text, verb: undefined };
  return { body: text.slice(0, at), verb: text.slice(at + 1) };
}

/** Splits at each `/` outside of braces; `/` alone is the template without segments. */
function splitSegments(body: string, fail: (reason: string) => never): string[] {
  if (body === "") return [];
  const parts = body.match(/\{[^{}]*\}|[^/{}]+|[/{}]/g) ?? [];
  const segments: string[] = [];
  let expectsSegment = true;
  for (const part of parts) {
    if (part === "{" || part === "}") fail("has a brace that is not matched");
    if (expectsSegment === (part === "/")) fail(expectsSegment ? "has an empty segment" : `needs "/" before "${part}"`);
    if (part !== "/") segments.push(part);
    expectsSegment = part === "/";
  }
  return expectsSegment ? fail("must not end with an empty segment") : segments;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
