import { formatDurationMs, parseDurationMs } from "@parley/core/internal";
import type { ScalarSpec } from "parleyjs/internal";
import { didYouMean } from "parleyjs/internal";
import { formatBytes, parseBytes } from "./bytes.ts";

/** No wait of a system is longer; a longer one is a slip of the unit. */
const LONGEST_DURATION_MS = 86_400_000;
/** Buffers are held in memory, and V8's stop near here. */
const LARGEST_SIZE_BYTES = 1_073_741_824;

export type ScalarReading =
  | { readonly ok: true; readonly value: string | number }
  | { readonly ok: false; readonly message: string };

/** Checks one value that YAML, JSON or a flag gave. The message of a refusal says what is allowed and what was found. */
export function readScalar(spec: ScalarSpec, value: unknown): ScalarReading {
  const parsed = parse(spec, value);
  if (parsed !== undefined) return { ok: true, value: parsed };
  const hint = spec.kind === "choice" && typeof value === "string" ? didYouMean(value, spec.values) : "";
  const found = typeof value === "string" ? JSON.stringify(value) : String(value);
  return { ok: false, message: `must be ${describeAllowed(spec)}, got ${found}${hint}` };
}

/** Checks a value that can only be text: an environment variable. */
export function readText(spec: ScalarSpec, text: string): ScalarReading {
  const numeric = (spec.kind === "integer" || spec.kind === "number") && /^-?\d+(\.\d+)?$/.test(text.trim());
  return readScalar(spec, numeric ? Number(text) : text);
}

function parse(spec: ScalarSpec, value: unknown): string | number | undefined {
  switch (spec.kind) {
    case "duration":
      return within(typeof value === "string" ? parseDurationMs(value) : undefined, 1, LONGEST_DURATION_MS);
    case "size":
      return within(typeof value === "string" ? parseBytes(value) : undefined, 1, LARGEST_SIZE_BYTES);
    case "integer":
      return Number.isInteger(value) ? within(value as number, spec.min, spec.max) : undefined;
    case "number":
      return typeof value === "number" ? within(value, spec.min, spec.max) : undefined;
    case "choice":
      return typeof value === "string" && spec.values.includes(value) ? value : undefined;
    case "text":
      return typeof value === "string" && value.trim() !== "" ? value : undefined;
  }
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** What a scalar may be, in words that follow "must be". */
export function describeAllowed(spec: ScalarSpec): string {
  switch (spec.kind) {
    case "duration":
      return "a duration from 1ms to 1d such as 3s or 500ms";
    case "size":
      return "a size from 1B to 1GiB such as 64KiB or 4MiB";
    case "integer":
      return `a whole number from ${spec.min} to ${spec.max}`;
    case "number":
      return `a number from ${spec.min} to ${spec.max}`;
    case "choice":
      return spec.values.length === 1 ? `"${spec.values[0]}"` : `one of ${spec.values.join(", ")}`;
    case "text":
      return "a text that is not empty";
  }
}

/** The default of a scalar as it would be written; undefined if it has none. */
export function formatDefault(spec: ScalarSpec): string | undefined {
  if (spec.default === undefined) return undefined;
  if (spec.kind === "duration") return formatDurationMs(spec.default);
  if (spec.kind === "size") return formatBytes(spec.default);
  return String(spec.default);
}
