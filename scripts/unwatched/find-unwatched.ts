import { parseAst } from "vitest/node";

/** A promise that is started, and awaited only after another await: if it rejects meanwhile, the process ends. */
export interface Unwatched {
  readonly name: string;
  /** Of the declaration, from 1. */
  readonly line: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** What is looked at of one function: not what functions within it do. */
interface Scope {
  readonly declared: Map<string, { readonly node: Node; readonly end: number }>;
  readonly awaits: Node[];
  readonly uses: { readonly name: string; readonly node: Node; readonly parents: readonly Node[] }[];
}

const GATHERERS = new Set(["all", "allSettled", "race", "any"]);

/**
 * Finds `const x = start(); await other(); await x`. By the syntax alone: a call may give anything, so a variable counts that is
 * awaited later, by itself or in a gathering such as `Promise.all`. One that is used before the other await (`x.catch(…)`, an
 * argument, a gathering) counts as watched.
 */
export function findUnwatched(source: string): readonly Unwatched[] {
  const found: Unwatched[] = [];
  const visit = (node: Node, scope: Scope, parents: readonly Node[]): void => {
    if (isFunction(node)) {
      const own: Scope = { declared: new Map(), awaits: [], uses: [] };
      for (const child of childrenOf(node)) visit(child, own, [node]);
      // A variable that a function within uses is in hands that are not followed.
      for (const use of own.uses) if (!own.declared.has(use.name)) scope.uses.push({ ...use, parents: [node] });
      found.push(...unwatchedIn(own, source));
      return;
    }
    note(node, scope, parents);
    for (const child of childrenOf(node)) visit(child, scope, [...parents, node]);
  };
  const top: Scope = { declared: new Map(), awaits: [], uses: [] };
  visit(parseAst(source, { lang: "ts" }) as unknown as Node, top, []);
  found.push(...unwatchedIn(top, source));
  return found.toSorted((a, b) => a.line - b.line);
}

function note(node: Node, { declared, awaits, uses }: Scope, parents: readonly Node[]): void {
  if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await === true)) awaits.push(node);
  if (node.type === "VariableDeclarator") {
    const { id, init } = node as unknown as { id: Node; init: Node | null };
    if (id.type === "Identifier" && mayReject(init)) declared.set(String(id.name), { node, end: node.end });
  }
  const parent = parents.at(-1);
  if (node.type !== "Identifier" || isOnlyName(node, parent)) return;
  uses.push({ name: String(node.name), node, parents });
}

/** Whether a value may be a promise, or several, that nothing watches yet. */
function mayReject(init: Node | null): boolean {
  if (init?.type === "NewExpression") return nameOf(init.callee) === "Promise";
  if (init?.type !== "CallExpression") return false;
  for (let at: Node | undefined = init; at?.type === "CallExpression"; ) {
    const { object, property } = at.callee as { object?: Node; property?: unknown };
    if (nameOf(property) === "catch" || nameOf(property) === "allSettled") return false;
    at = object;
  }
  return true;
}

/** Whether an identifier names no variable's value: what is declared, the key of a property, a member. */
function isOnlyName(node: Node, parent: Node | undefined): boolean {
  if (parent?.type === "VariableDeclarator") return parent.id === node;
  if (parent?.type === "Property") return parent.key === node && parent.computed !== true;
  return parent?.type === "MemberExpression" && parent.property === node && parent.computed !== true;
}

function unwatchedIn({ declared, awaits, uses }: Scope, source: string): readonly Unwatched[] {
  return [...declared].flatMap(([name, { node, end }]) => {
    const own = uses.filter((use) => use.name === name && use.node.start >= end);
    const first = own.toSorted((a, b) => a.node.start - b.node.start)[0];
    const awaiting = first && awaitOf(first.parents);
    if (!awaiting) return [];
    const isLate = awaits.some((other) => other !== awaiting && other.start >= end && other.end <= awaiting.start);
    return isLate ? [{ name, line: source.slice(0, node.start).split("\n").length }] : [];
  });
}

/** The await that a use stands in, if it awaits the variable: by itself, or as one that is gathered. */
function awaitOf(parents: readonly Node[]): Node | undefined {
  let at = parents.length - 1;
  while (["ArrayExpression", "SpreadElement"].includes(parents[at]?.type ?? "")) at -= 1;
  const call = parents[at];
  if (call?.type === "CallExpression") {
    const { object, property } = call.callee as { object?: unknown; property?: unknown };
    if (nameOf(object) !== "Promise" || !GATHERERS.has(nameOf(property) ?? "")) return undefined;
    at -= 1;
  } else if (at !== parents.length - 1) return undefined;
  return parents[at]?.type === "AwaitExpression" ? parents[at] : undefined;
}

function nameOf(node: unknown): string | undefined {
  const { type, name } = (node ?? {}) as { type?: unknown; name?: unknown };
  return type === "Identifier" && typeof name === "string" ? name : undefined;
}

function isFunction({ type }: Node): boolean {
  return type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression";
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flat()
    .filter(
      (value): value is Node => typeof value === "object" && value !== null && "type" in value && "start" in value,
    );
}
