import { parseAst } from "rolldown/parseAst";

export interface ImportSite {
  readonly specifier: string;
  /** `load`: before the file runs. `later`: by `import()`. `type`: never, it is erased. */
  readonly when: "load" | "later" | "type";
  readonly line: number;
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly source?: SyntaxNode | null;
  readonly value?: unknown;
  readonly importKind?: "value" | "type";
  readonly exportKind?: "value" | "type";
}

/** Static and type imports, re-exports, `import()` and `import("…").Type`: every node that can name a module has it in `source`. */
const IMPORTING = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

function timeOf(node: SyntaxNode): ImportSite["when"] {
  if (node.type === "ImportExpression") return "later";
  return node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type" ? "type" : "load";
}

function* walk(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const child of Object.values(node)) {
    for (const item of Array.isArray(child) ? child : [child]) if (isNode(item)) yield* walk(item);
  }
}

/** Every module that a TypeScript file names, with its line (from 1). A specifier that is computed at run time cannot be seen. */
export function importsOf(code: string, path: string): readonly ImportSite[] {
  const program: unknown = parseAst(code, { lang: "ts" }, path);
  if (!isNode(program)) return [];
  const sites: ImportSite[] = [];
  for (const node of walk(program)) {
    const specifier = IMPORTING.has(node.type) ? node.source?.value : undefined;
    if (typeof specifier !== "string") continue;
    sites.push({ specifier, when: timeOf(node), line: code.slice(0, node.start).split("\n").length });
  }
  return sites;
}
