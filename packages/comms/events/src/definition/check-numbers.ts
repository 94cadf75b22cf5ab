import { invalidArgument } from "@parley/core";

/** What a numeric option may be. Both ends are allowed. */
export interface NumberBounds {
  readonly min: number;
  /** Default what an integer holds exactly. */
  readonly max?: number;
  /** Default `"any"`. */
  readonly kind?: "any" | "whole";
}

/** Beyond this a time is a mistake: no database could hold it, or no process would live to see it. Ten years. */
export const MAX_SPAN_MS = 10 * 365 * 86_400_000;

/** A time that may be none. */
export const SPAN: NumberBounds = { min: 0, max: MAX_SPAN_MS };
/** A time in which something must be possible. */
export const LIMIT: NumberBounds = { min: 1, max: MAX_SPAN_MS };
export const COUNT: NumberBounds = { min: 1, kind: "whole" };

/**
 * Checks numeric options where they enter: what is no number at all (`"1200"`), `NaN` and `Infinity` are refused as what is out of
 * bounds is, before they are stored or slept for. An option that is undefined is left out.
 *
 * @throws ParleyError INVALID_ARGUMENT that names every option that is wrong, and what it may be.
 */
export function checkNumbers<T extends object>(
  where: string,
  options: T,
  bounds: { readonly [Name in keyof T]?: NumberBounds },
): void {
  const violations = Object.entries(bounds).flatMap(([name, limits]) => {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    const description = value === undefined ? undefined : numberProblem(value, limits as NumberBounds);
    return description === undefined ? [] : [{ field: `${name} of ${where}`, description }];
  });
  if (violations.length > 0) throw invalidArgument(violations);
}

/** What is wrong with a value, as the end of a sentence; undefined if nothing is. */
export function numberProblem(value: unknown, bounds: NumberBounds): string | undefined {
  const { min, max = Number.MAX_SAFE_INTEGER, kind = "any" } = bounds;
  const fits = typeof value === "number" && value >= min && value <= max && (kind === "any" || Number.isInteger(value));
  if (fits) return undefined;
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
  return `must be a ${kind === "whole" ? "whole number" : "number"} from ${min} to ${max}, got ${shown}`;
}
