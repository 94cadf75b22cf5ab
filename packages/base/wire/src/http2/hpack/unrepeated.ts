/** Headers whose value is another one in nearly every call: in a table they would only push useful entries out. */
export const UNREPEATED: ReadonlySet<string> = new Set([
  "grpc-timeout",
  "traceparent",
  "tracestate",
  "x-request-id",
  "x-correlation-id",
  "grpc-message",
  "grpc-status-details-bin",
  "content-length",
  "date",
]);

const ownText: ReadonlyMap<string, string> = new Map([...UNREPEATED].map((name) => [name, name]));

/**
 * The same name, as the one text that all headers share if it is of these: their names come as text with every call, and what is
 * open for long would hold a copy of each.
 */
export function sharedName(name: string): string {
  return ownText.get(name) ?? name;
}
