/** A strict reader of Prometheus' text format 0.0.4: throws on anything that a scraper would refuse. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, { type: string; help: string; samples: Family["samples"][number][] }>();
  let current: string | undefined;
  for (const line of text.split("\n")) {
    if (line === "" || /^# (?!HELP|TYPE)/.test(line)) continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (families.has(name)) throw new Error(`${name} appears twice`);
        families.set(name, { type: "", help: rest, samples: [] });
        current = name;
      } else {
        const family = families.get(name);
        if (!family || name !== current) throw new Error(`TYPE of ${name} without its HELP`);
        family.type = rest;
      }
      continue;
    }
    const match = SAMPLE.exec(line);
    if (!match?.[1]) throw new Error(`not a sample: ${line}`);
    const family = families.get(current ?? "");
    const suffixes = family?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!family || !suffixes.some((suffix) => match[1] === `${current}${suffix}`)) {
      throw new Error(`${match[1]} does not belong to ${current}`);
    }
    family.samples.push({ name: match[1], labels: parseLabels(match[2] ?? ""), value: toNumber(match[3] ?? "") });
  }
  return families;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const match = LABEL.exec(text);
    if (!match?.[1] || Object.hasOwn(labels, match[1])) throw new Error(`bad labels at ${at}: ${text}`);
    labels[match[1]] = match[2] ?? "";
  }
  return labels;
}

function toNumber(text: string): number {
  return text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}
