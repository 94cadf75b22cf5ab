import type { PathTemplate } from "./path-template.ts";

/** One way in: an HTTP method and a path template, and who owns it. */
export interface RouteEntry<T> {
  /** `GET`, … upper-case; `*` for any. */
  readonly method: string;
  readonly template: PathTemplate;
  /** Named in a conflict: `users.v1.UserService/GetUser`. */
  readonly owner: string;
  readonly value: T;
}

export type RouteMatch<T> =
  | { readonly kind: "found"; readonly value: T; readonly segments: readonly string[] }
  | { readonly kind: "wrong_method"; readonly allow: readonly string[] }
  | { readonly kind: "unknown" };

export interface RouteTable<T> {
  /** @throws TypeError if another entry already answers exactly the same requests; it names both owners. */
  add(entry: RouteEntry<T>): void;
  /** `path` is the raw path, percent-encoded, without the query. */
  find(method: string, path: string): RouteMatch<T>;
}

/** The entries of one place in the tree, by custom verb (`""` for none), then by HTTP method. */
type Leaves<T> = Map<string, Map<string, RouteEntry<T>>>;

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  single: Node<T> | undefined;
  /** Entries whose template ends here. */
  readonly ends: Leaves<T>;
  /** Entries whose template goes on with `**`. */
  readonly rests: Leaves<T>;
}

/**
 * A tree of path segments. A literal wins over `*`, `*` over `**`; where a branch does not lead to an entry for the
 * method, the next is tried. HEAD is answered by the entry for GET unless it has its own.
 */
export function createRouteTable<T>(): RouteTable<T> {
  const root = createNode<T>();
  return {
    add(entry) {
      const leaves = leavesFor(root, entry.template);
      const verb = entry.template.verb ?? "";
      const methods = leaves.get(verb) ?? new Map<string, RouteEntry<T>>();
      const other = methods.get(entry.method);
      if (other) {
        throw new TypeError(
          `${entry.method} ${entry.template.text} of ${entry.owner} answers the same requests as ` +
            `${other.method} ${other.template.text} of ${other.owner}: change one of the two paths`,
        );
      }
      leaves.set(verb, methods.set(entry.method, entry));
    },

    find(method, path) {
      if (!path.startsWith("/")) return { kind: "unknown" };
      const segments = path === "/" ? [] : segmentsOf(path);
      const last = segments.at(-1) ?? "";
      const colon = last.lastIndexOf(":");
      const allow: string[] = [];
      if (colon >= 0) {
        const bare = [...segments.slice(0, -1), last.slice(0, colon)];
        const value = search(root, bare, 0, last.slice(colon + 1), method, allow);
        if (value) return { kind: "found", value: value.value, segments: bare };
      }
      const value = search(root, segments, 0, "", method, allow);
      if (value) return { kind: "found", value: value.value, segments };
      return allow.length > 0 ? { kind: "wrong_method", allow: [...new Set(allow)].sort() } : { kind: "unknown" };
    },
  };
}

/** What stands behind each slash. By hand, because `split` asks the runtime for each path that it has not seen. */
function segmentsOf(path: string): string[] {
  const segments: string[] = [];
  let start = 1;
  for (let slash = path.indexOf("/", 1); slash >= 0; slash = path.indexOf("/", start)) {
    segments.push(path.slice(start, slash));
    start = slash + 1;
  }
  segments.push(path.slice(start));
  return segments;
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), single: undefined, ends: new Map(), rests: new Map() };
}

function leavesFor<T>(root: Node<T>, template: PathTemplate): Leaves<T> {
  let node = root;
  for (const segment of template.segments) {
    if (segment.kind === "rest") return node.rests;
    if (segment.kind === "single") {
      node.single ??= createNode();
      node = node.single;
    } else {
      const next = node.literals.get(segment.text) ?? createNode<T>();
      node.literals.set(segment.text, next);
      node = next;
    }
  }
  return node.ends;
}

function search<T>(
  node: Node<T>,
  segments: readonly string[],
  at: number,
  verb: string,
  method: string,
  allow: string[],
): RouteEntry<T> | undefined {
  const segment = segments[at];
  if (segment === undefined) return pick(node.ends, verb, method, allow) ?? pick(node.rests, verb, method, allow);
  const literal = node.literals.get(segment) ?? (segment.includes("%") ? encodedLiteral(node, segment) : undefined);
  return (
    (literal && search(literal, segments, at + 1, verb, method, allow)) ??
    (segment !== "" && node.single ? search(node.single, segments, at + 1, verb, method, allow) : undefined) ??
    pick(node.rests, verb, method, allow)
  );
}

function encodedLiteral<T>(node: Node<T>, segment: string): Node<T> | undefined {
  try {
    return node.literals.get(decodeURIComponent(segment));
  } catch {
    return undefined; // a broken encoding equals no literal
  }
}

function pick<T>(leaves: Leaves<T>, verb: string, method: string, allow: string[]): RouteEntry<T> | undefined {
  const methods = leaves.get(verb);
  if (!methods) return undefined;
  const entry = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined) ?? methods.get("*");
  if (!entry) for (const other of methods.keys()) allow.push(...implied(other));
  return entry;
}

function implied(method: string): string[] {
  return method === "GET" ? ["GET", "HEAD"] : [method];
}
