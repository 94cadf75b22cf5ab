/**
 * The circles of a graph, each as the nodes along it, the first repeated at the end. Every group of nodes that reach each other yields
 * one circle at least; cutting it may show the next.
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const cycles: (readonly string[])[] = [];

  const visit = (node: string): void => {
    if (onPath.has(node)) {
      cycles.push([...path.slice(path.indexOf(node)), node]);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    onPath.add(node);
    for (const next of graph.get(node) ?? []) visit(next);
    path.pop();
    onPath.delete(node);
    done.add(node);
  };

  for (const node of graph.keys()) visit(node);
  return cycles;
}
