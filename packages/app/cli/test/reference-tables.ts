import { describeAllowed, formatDefault } from "@parley/runtime/internal";
import type { Spec } from "parleyjs/internal";
import { COMMON_VARIABLES, POLICY_SPEC } from "parleyjs/internal";
import { SETTINGS } from "../src/config-flags.ts";

/** Puts tables into a page, each between the comments that bear its name. Throws if one has no place there. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const start = `<!-- table: ${name} -->\n`;
    const from = text.indexOf(start) + start.length;
    const to = text.indexOf("\n<!-- end of table -->", from);
    if (from < start.length || to < 0) throw new Error(`the page has no place for the table ${name}`);
    return text.slice(0, from) + table + text.slice(to);
  }, page);
}

/** The settings of a policy file, from the table that its reader uses. */
export function policyTable(): string {
  const rows = policyRows("", POLICY_SPEC).map(([path, allowed, fallback, about]) =>
    row(code(path), allowed, fallback, about),
  );
  return table(["setting", "may be", "default", "is"], rows);
}

/** The variables that every system has. */
export function environmentTable(): string {
  const rows = Object.entries(COMMON_VARIABLES).map(([name, { spec, otherwise }]) =>
    row(code(name), describeAllowed(spec), otherwise ?? code(formatDefault(spec) ?? ""), spec.about),
  );
  return table(["variable", "may be", "default", "is"], rows);
}

/** The flags for settings of `parley dev` and `parley start`, and the variables they win over. */
export function settingsTable(): string {
  return table(
    ["flag", "variable"],
    SETTINGS.map(({ flag, spec, variable }) => row(code(`${flag} <${spec.kind}>`), code(variable))),
  );
}

type PolicyRow = readonly [path: string, allowed: string, fallback: string, about: string];

function policyRows(path: string, spec: Spec): readonly PolicyRow[] {
  switch (spec.kind) {
    case "section":
      return Object.entries(spec.fields).flatMap(([name, field]) => policyRows(path ? `${path}.${name}` : name, field));
    case "switch":
      return [[path, `"${spec.word}" or a section`, "", spec.about], ...policyRows(path, spec.or)];
    case "list":
      return [[path, `a list; each ${describeAllowed(spec.of)}`, "", spec.about]];
    case "entries": {
      const [, noun = ""] = /^the (?:full )?name of an? (\w+)/.exec(spec.names) ?? [];
      const rows = policyRows(`${path}.<${noun}>`, spec.of);
      // What repeats a section above is said once.
      const own = rows.filter(([row]) => !/>\.(retry|breaker)/.test(row));
      const repeated = rows.some(([row]) => row.includes(">.breaker")) ? "`retry` and `breaker`" : "`retry`";
      return [[path, `a section per name: ${spec.names}`, "", `${spec.about} Has ${repeated} as above.`], ...own];
    }
    default: {
      const fallback = formatDefault(spec);
      return [[path, describeAllowed(spec), fallback === undefined ? "" : code(fallback), spec.about]];
    }
  }
}

const code = (text: string): string => (text ? `\`${text}\`` : "");
const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => "---")), ...rows].join("\n");
