import type { Envelope } from "@parley/transport";

let next = 0;

/** An event whose data is `{"n": …}`, numbered over the file unless a number is given. */
export function event(options: Partial<Envelope> & { readonly n?: number } = {}): Envelope {
  const { n = next++, ...rest } = options;
  return {
    id: `event-${n}`,
    source: "/test",
    type: "tests.happened",
    timeMs: 1_790_000_000_000 + n,
    contentType: "application/json",
    extensions: { correlationid: "c-1" },
    data: Buffer.from(JSON.stringify({ n })),
    ...rest,
  };
}

/** The `n` of an event's data. */
export function numberOf({ data }: Pick<Envelope, "data">): number {
  return (JSON.parse(Buffer.from(data).toString()) as { n: number }).n;
}
