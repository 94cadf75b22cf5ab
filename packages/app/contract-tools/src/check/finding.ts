/** Something about the contracts that has to change before they ship. */
export interface Finding {
  /** - `compile`, `lint`: the contract itself; `http`, `validation`: what it says beyond gRPC; `breaking`: who reads the old one fails. */
  readonly kind: "compile" | "lint" | "http" | "validation" | "breaking";
  /** Path of the contract within `protos`; absent if a whole file is gone. */
  readonly file?: string | undefined;
  /** Counts from 1. */
  readonly line?: number | undefined;
  /** Counts from 1. */
  readonly column?: number | undefined;
  /** Id of the rule: buf's own (`FIELD_NO_DELETE`), or Parley's (`HTTP_BINDING_REMOVED`). */
  readonly rule: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Reads like a compiler's: `users/v1/users.proto:12:3`. */
export function findingPlace({ file, line, column }: Finding): string {
  return [file ?? "protos", line, column].filter((part) => part !== undefined).join(":");
}

/** By file, then by place: findings of all checks mixed, as a reader goes through a file. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    (a.file ?? "").localeCompare(b.file ?? "") || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  );
}
