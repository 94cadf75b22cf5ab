/** A word of a program, without what a copier changes first. */
export interface Token {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What common languages reserve: the skeleton of a program, which stays when all names are changed. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `and as async await break case catch class const continue def default del delete do elif else enum except export
   extends false finally fn for foreach from func function global goto if impl import in instanceof interface is lambda
   let loop match mod mut namespace new nil None not null or package pass private protected public raise return self
   static struct super switch this throw throws trait true True False try typeof use using var void while with
   yield`.split(/\s+/),
);

/** Blanks, comments of common languages, texts, numbers, names, signs: in this order, each alternative a group. */
const TOKEN =
  /(\s+)|(\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|("""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?)|(\d[\w.]*)|([\p{L}_$][\p{L}\p{N}_$]*)|([^\s])/uy;

/**
 * Reads a program of whatever language as tokens: every name is `n`, every number `0`, every text `s`; comments and layout
 * are nothing. What it cannot know of a language costs precision, never an error.
 */
export function tokenize(source: string, maxTokens: number): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  let line = 1;
  while (pattern.lastIndex < source.length && tokens.length < maxTokens) {
    const match = pattern.exec(source);
    if (!match) break;
    const [whole, , , string, number, name, sign] = match;
    const text =
      string !== undefined
        ? "s"
        : number !== undefined
          ? "0"
          : name !== undefined
            ? KEYWORDS.has(name)
              ? name
              : "n"
            : sign;
    if (text !== undefined) tokens.push({ text, line });
    for (let at = whole.indexOf("\n"); at >= 0; at = whole.indexOf("\n", at + 1)) line += 1;
  }
  return tokens;
}
