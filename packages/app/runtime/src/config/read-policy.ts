import type { EntriesSpec, ListSpec, ScalarSpec, SectionSpec, Spec, SwitchSpec } from "parleyjs/internal";
import { didYouMean, POLICY_SPEC, type PolicyFile } from "parleyjs/internal";
import type { ParsedNode, YAMLError } from "yaml";
import type { ConfigurationProblem } from "./problem.ts";
import { describeAllowed, readScalar } from "./read-scalar.ts";

/** What a policy file says, and everything that is wrong with it. */
export interface PolicyReading {
  readonly policy: PolicyFile;
  readonly problems: readonly ConfigurationProblem[];
  /** `policy.yaml:3:9` for a path such as `services.users.v1.UserService`; the file alone if the path is not in it. */
  locate(path: string): string;
}

/** Reads the text of a policy file. `name` is how problems call the file. Never throws for what the text says. */
export async function readPolicy(text: string, name: string): Promise<PolicyReading> {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const problems: ConfigurationProblem[] = [];
  const places = new Map<string, string>();

  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const report = (offset: number, path: string, message: string): undefined => {
    problems.push({ source: placeOf(offset), path: path || "file", message });
  };
  const offsetOf = (node: ParsedNode | null): number => node?.range[0] ?? 0;

  const read = (spec: Spec, node: ParsedNode | null, path: string): unknown => {
    if (isAlias(node)) return report(offsetOf(node), path, "must be written out, YAML aliases are not followed");
    switch (spec.kind) {
      case "section":
        return readMap(node, path, spec);
      case "entries":
        return readMap(node, path, spec);
      case "list":
        return readList(spec, node, path);
      case "switch":
        return readSwitch(spec, node, path);
      default:
        return readValue(spec, node, path);
    }
  };

  const readValue = (spec: ScalarSpec, node: ParsedNode | null, path: string): unknown => {
    if (!isScalar(node)) return report(offsetOf(node), path, `must be ${describeAllowed(spec)}, got ${shapeOf(node)}`);
    const reading = readScalar(spec, node.value);
    return reading.ok ? reading.value : report(offsetOf(node), path, reading.message);
  };

  const readList = (spec: ListSpec, node: ParsedNode | null, path: string): unknown => {
    if (!isSeq(node)) return report(offsetOf(node), path, `must be a list, got ${shapeOf(node)}`);
    return node.items.map((item, index) => read(spec.of, item as ParsedNode, `${path}[${index}]`));
  };

  const readSwitch = (spec: SwitchSpec, node: ParsedNode | null, path: string): unknown => {
    if (isMap(node)) return read(spec.or, node, path);
    if (isScalar(node) && node.value === spec.word) return spec.word;
    return report(offsetOf(node), path, `must be "${spec.word}" or a section, got ${shapeOf(node)}`);
  };

  const readMap = (node: ParsedNode | null, path: string, spec: SectionSpec | EntriesSpec): unknown => {
    // `retry:` with nothing under it says nothing.
    const empty = node === null || (isScalar(node) && node.value === null);
    const items = isMap(node) ? node.items : empty ? [] : undefined;
    if (!items) return report(offsetOf(node), path, `must be a section, got ${shapeOf(node)}`);
    const values = new Map<string, unknown>();
    for (const { key, value } of items) {
      const word = isScalar(key) ? String(key.value) : "";
      const at = path ? `${path}.${word}` : word;
      places.set(at, placeOf(offsetOf(key)));
      const own = spec.kind === "entries" ? spec.of : Object.hasOwn(spec.fields, word) ? spec.fields[word] : undefined;
      if (own) values.set(word, read(own, value, at));
      else {
        const known = spec.kind === "section" ? Object.keys(spec.fields) : [];
        report(offsetOf(key), at, `is not a setting${didYouMean(word, known)}; known here: ${known.join(", ")}`);
      }
    }
    return spec.kind === "entries" ? values : Object.fromEntries(values);
  };

  const shapeOf = (node: ParsedNode | null): string => {
    if (isMap(node)) return "a section";
    if (isSeq(node)) return "a list";
    return isScalar(node) ? JSON.stringify(node.value) : "nothing";
  };

  for (const error of document.errors) report(error.pos[0], "YAML", describeYamlError(error));
  const policy = document.errors.length > 0 ? {} : read(POLICY_SPEC, document.contents, "");
  return {
    policy: (policy ?? {}) as PolicyFile,
    problems,
    locate: (path) => places.get(path) ?? name,
  };
}

function describeYamlError(error: YAMLError): string {
  return error.code === "DUPLICATE_KEY" ? "names a setting twice" : `cannot be read: ${error.message}`;
}
