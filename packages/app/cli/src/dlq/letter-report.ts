import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { DeadLetter } from "@parley/protobuf/protos/parley/v1/dead_letters_pb.js";

/** A dead letter as the command prints it. */
export interface LetterReport {
  readonly service: string;
  readonly id: string;
  readonly event: string;
  readonly group: string;
  readonly key?: string;
  readonly state: "waiting" | "replaying";
  readonly reason: { readonly code: string; readonly message: string };
  readonly attempts: number;
  readonly deadAt: string;
  readonly firstFailedAt: string;
  readonly publishedAt: string;
  readonly eventId: string;
  readonly source: string;
  readonly contentType: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** JSON data as it is, other text as text, anything else in base64. Absent in a list. */
  readonly data?: unknown;
}

export function reportOf(service: string, letter: DeadLetter): LetterReport {
  const { id, event, group, key, attempts, eventId, source, contentType, attributes, data } = letter;
  return {
    service,
    id,
    event,
    group,
    ...(key !== "" && { key }),
    state: letter.replaying ? "replaying" : "waiting",
    reason: { code: letter.reasonCode, message: letter.reasonMessage },
    attempts,
    deadAt: toIso(letter.deadAt),
    firstFailedAt: toIso(letter.firstFailedAt),
    publishedAt: toIso(letter.publishedAt),
    eventId,
    source,
    contentType,
    attributes,
    ...(data.length > 0 && { data: readData(data) }),
  };
}

export function describeLetters(letters: readonly LetterReport[]): string {
  if (letters.length === 0) return "no dead letters";
  const head = ["service", "id", "event", "key", "tried", "since", "reason"];
  const rows = letters.map((it) => [
    it.service,
    it.id,
    it.event,
    it.key ?? "",
    String(it.attempts),
    it.deadAt,
    `${it.reason.code}: ${it.reason.message}${it.state === "replaying" ? " (replaying)" : ""}`,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function describeLetter(letter: LetterReport): string {
  const { reason, attributes, data, ...plain } = letter;
  const width = Math.max(...Object.keys(plain).map((name) => name.length));
  const line = (name: string, value: string): string => `${name.padEnd(width)}  ${value}`;
  return [
    ...Object.entries(plain).map(([name, value]) => line(name, String(value))),
    line("reason", `${reason.code}: ${reason.message}`),
    ...Object.entries(attributes).map(([name, value]) => line(name, value)),
    "",
    typeof data === "string" ? data : JSON.stringify(data, undefined, 2),
  ].join("\n");
}

function toIso(time: Timestamp | undefined): string {
  return time ? timestampDate(time).toISOString() : "";
}

function readData(data: Uint8Array): unknown {
  const text = Buffer.from(data).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return Buffer.from(text, "utf8").equals(data) ? text : Buffer.from(data).toString("base64");
  }
}
