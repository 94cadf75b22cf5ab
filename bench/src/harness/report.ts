import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Results, Run } from "./interleave.ts";

/**
 * What must hold with `inFlight` calls: Parley's rate is at least `ratio` times the peer's, or its median latency is at most
 * `ratio` of the peer's.
 */
export interface Bar {
  readonly peer: string;
  readonly inFlight: number;
  readonly of: "perSecond" | "p50Ms";
  readonly ratio: number;
}

/** A bar, and how it went. */
export interface Verdict {
  readonly text: string;
  readonly passed: boolean;
}

const OURS = "parley";

/** The middle of the runs: one disturbed run does not move it. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
}

function medianOf(runs: readonly Run[], key: keyof Run): number {
  return median(runs.map((run) => run[key]));
}

/** The table that is printed: medians, and Parley's rate as a multiple of each peer's. */
export function formatTable(results: Results, unit: string): string {
  const header = [
    "in flight",
    "",
    `${unit}/s`,
    "spread",
    "p50 ms",
    "p99 ms",
    "CPU µs load",
    "CPU µs server",
    "parley is",
  ];
  const rows: string[][] = [];
  const loads = [...results.values()][0]?.keys() ?? [];
  for (const load of loads) {
    const ours = medianOf(results.get(OURS)?.get(load) ?? [], "perSecond");
    for (const [name, runsByLoad] of results) {
      const runs = runsByLoad.get(load) ?? [];
      const rate = medianOf(runs, "perSecond");
      const rates = runs.map((run) => run.perSecond);
      const spread = (Math.max(...rates) - Math.min(...rates)) / 2 / rate;
      rows.push([
        String(load),
        name,
        rate.toFixed(0),
        `±${(spread * 100).toFixed(0)} %`,
        medianOf(runs, "p50Ms").toFixed(3),
        medianOf(runs, "p99Ms").toFixed(3),
        medianOf(runs, "loadCpuUs").toFixed(1),
        medianOf(runs, "serverCpuUs").toFixed(1),
        name === OURS || Number.isNaN(ours) ? "" : `${(ours / rate).toFixed(2)} ×`,
      ]);
    }
  }
  return alignTable(header, rows, [1]);
}

/** Lines of a table; columns are set to the right but for those named. */
export function alignTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns: readonly number[],
): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return leftColumns.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ");
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Holds the medians against the bars, as far as those took part who are in them. */
export function judge(results: Results, bars: readonly Bar[]): Verdict[] {
  return bars
    .filter(({ peer }) => results.has(peer) && results.has(OURS))
    .map(({ peer, inFlight, of, ratio }) => {
      const medianFor = (name: string): number => medianOf(results.get(name)?.get(inFlight) ?? [], of);
      const measured = medianFor(OURS) / medianFor(peer);
      const [passed, what, bound] =
        of === "perSecond"
          ? [measured >= ratio, "the rate", "at least"]
          : [measured <= ratio, "the median latency", "at most"];
      const text = `${measured.toFixed(2)} × ${what} of ${peer} with ${inFlight} in flight; the bar is ${bound} ${ratio} ×`;
      return { text, passed };
    });
}

export function formatVerdict({ text, passed }: Verdict): string {
  return `${passed ? "pass" : "FAIL"}: ${text}`;
}

/** The runs as plain data. */
export function toPlain(results: Results): object {
  return Object.fromEntries([...results].map(([peer, loads]) => [peer, Object.fromEntries(loads)]));
}

/** Writes everything that was measured, with what it was measured on. @returns the file's path. */
export function writeResults(name: string, settings: object, measured: object): string {
  const folder = new URL("../../results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const at = new Date();
  const file = new URL(`${name}-${at.toISOString().replaceAll(/[:.]/g, "-")}.json`, folder);
  const processors = cpus();
  const machine = {
    cpu: processors[0]?.model,
    cores: processors.length,
    memoryBytes: totalmem(),
    platform: process.platform,
    release: release(),
    node: process.version,
  };
  writeFileSync(file, `${JSON.stringify({ name, at, machine, settings, measured }, null, 2)}\n`);
  return file.pathname;
}
