/** What h2spec found; cases by their section and title. */
export interface SpecReport {
  readonly cases: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

const CASE = /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>\s*(?:<(error|failure|skipped)\b)?/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&#34;": '"',
  "&#39;": "'",
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
};

/** Reads a report in the form of JUnit. */
export function parseReport(xml: string): SpecReport {
  const cases = [...xml.matchAll(CASE)].map(([, section = "", title = "", finding]) => ({
    name: `${section}: ${title.replace(/&[^;]+;/g, (entity) => ENTITIES[entity] ?? entity)}`,
    finding,
  }));
  const named = (wanted: (finding: string | undefined) => boolean): string[] =>
    cases.filter(({ finding }) => wanted(finding)).map(({ name }) => name);
  return {
    cases: cases.length,
    failed: named((finding) => finding === "error" || finding === "failure"),
    skipped: named((finding) => finding === "skipped"),
  };
}
