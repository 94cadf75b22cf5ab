import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { freePort } from "../../scripts/testing/free-port.ts";
import { startGradeloop } from "../../systems/gradeloop/test/support/gradeloop-system.ts";
import { logIn } from "../../systems/gradeloop/test/support/people.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

const PROMETHEUS = new URL("../prometheus/", import.meta.url);
const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");
const alerts = parse(await read("../prometheus/alerts.yaml")) as { groups: { rules: Rule[] }[] };
const rules = alerts.groups.flatMap((group) => group.rules);
const board = JSON.parse(await read("../grafana/parley.json")) as {
  panels: { title: string; targets?: { expr: string }[] }[];
};
const panels = board.panels.filter(({ targets }) => targets !== undefined);

/** These appear with their first occurrence, or with TLS. A running system without faults serves all others. */
const ONLY_WHEN_IT_HAPPENS: readonly string[] = [
  "parley_breaker_state",
  "parley_call_retries_total",
  "parley_call_retries_refused_total",
  "parley_dead_letters",
  "parley_event_age_seconds",
  "parley_events_handled_total",
  "parley_live_resets_total",
  "parley_tls_certificate_expiry_seconds",
];

/** Names of the metrics that an expression reads. */
function metricsIn(expression: string): readonly string[] {
  return [...new Set(expression.match(/\b(?:parley|nodejs|process)_[a-z_]+/g) ?? [])];
}

/** `parley_calls_total` of `parley_calls_total_bucket`: a histogram is three series. */
function declaredName(metric: string, declared: ReadonlySet<string>): string {
  const base = metric.replace(/_(bucket|sum|count)$/, "");
  return declared.has(base) ? base : metric;
}

describe("every metric that an alert or a panel reads", () => {
  let declared: ReadonlySet<string>;
  beforeAll(async () => {
    const port = await freePort();
    await using system = await startGradeloop({ env: { METRICS_PORT: String(port) } });
    await logIn(system.addressOf("gateway"), ["ada"]);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const served = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
    declared = new Set([...served, ...ONLY_WHEN_IT_HAPPENS]);
    const page = await read("../../docs/reference/metrics.md");
    expect(ONLY_WHEN_IT_HAPPENS.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test.each(rules.map(({ alert, expr }) => [alert, expr] as const))("is served: %s", (_, expr) => {
    const names = metricsIn(expr);
    expect(names.filter((name) => !declared.has(declaredName(name, declared)))).toEqual([]);
    expect(names.length + Number(expr.startsWith("up{"))).toBeGreaterThan(0);
  });

  test.each(panels.map(({ title, targets }) => [title, targets ?? []] as const))(
    "is served: panel %s",
    (_, targets) => {
      for (const { expr } of targets) {
        const names = metricsIn(expr);
        expect(names.filter((name) => !declared.has(declaredName(name, declared)))).toEqual([]);
        expect(names.length).toBeGreaterThan(0);
      }
    },
  );
});

test("each alert has a place in the runbook, and the runbook no other", async () => {
  const page = await read("../../docs/operations.md");
  const headings = [...page.matchAll(/^### (Parley\w+)$/gm)].map(([, name]) => name);
  expect(headings.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  for (const { alert, annotations } of rules)
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
});

function hasPromtool(): boolean {
  const { error } = spawnSync("promtool", ["--version"]);
  if (!error) return true;
  const why = `promtool cannot be run (apt-get install prometheus): ${error.message}`;
  if (process.env.CI === "true") throw new Error(why, { cause: error });
  process.stderr.write(`left out the tests of alert rules by promtool: ${why}\n`);
  return false;
}

describe.skipIf(!hasPromtool())("Prometheus itself", () => {
  const promtool = (...args: string[]) =>
    promisify(execFile)("promtool", args, { cwd: fileURLToPath(PROMETHEUS) }).then(({ stdout }) => stdout);

  test("reads the scrape configuration and the rules", async () => {
    expect(await promtool("check", "config", "prometheus.yaml")).toContain("SUCCESS");
    expect(await promtool("check", "rules", "alerts.yaml")).toContain(`${rules.length} rules found`);
  });

  test("fires each alert for the series that it is meant for, and none while all is well", async () => {
    expect(await promtool("test", "rules", "alerts.test.yaml")).toContain("SUCCESS");
    const cases = await read("../prometheus/alerts.test.yaml");
    for (const { alert } of rules) expect(cases.split(`alertname: ${alert}\n`).length - 1).toBe(2);
  });

  test("every expression of the board is PromQL", async () => {
    const expressions = panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));
    const records = expressions.map((expr, index) => ({
      record: `panel_${index}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"),
    }));
    const text = JSON.stringify({ groups: [{ name: "board", rules: records }] }); // JSON is YAML
    const folder = await mkdtemp(join(tmpdir(), "parley-board-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "board.json"), text);
    expect(await promtool("check", "rules", join(folder, "board.json"))).toContain(`${records.length} rules found`);
  });
});
