/** What one check found. */
export interface Diagnosis {
  /** What was looked at: `node`, `ports`, `user-service`. */
  readonly check: string;
  /** - `ok`; `warning`: worth a look; `problem`: would stop the start. */
  readonly level: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do about it; absent if all is well. */
  readonly remedy?: string | undefined;
}

export function ok(check: string, message: string): Diagnosis {
  return { check, level: "ok", message };
}

export function warning(check: string, message: string, remedy: string): Diagnosis {
  return { check, level: "warning", message, remedy };
}

export function problem(check: string, message: string, remedy: string): Diagnosis {
  return { check, level: "problem", message, remedy };
}

/** The message of anything thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
