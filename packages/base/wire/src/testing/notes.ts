import type { HeaderList, Keeping, ResponseSink, StreamReset } from "../http2/http2.ts";

export type Told =
  | { readonly headers: HeaderList }
  | { readonly data: string }
  | { readonly end: HeaderList }
  | { readonly reset: StreamReset }
  | { readonly drain: true };

/** Writes down what a stream is told, and lets a test wait for it. */
export class Notes implements ResponseSink {
  readonly told: Told[] = [];
  bytes = 0;
  #changed = Promise.withResolvers<void>();

  onHeaders(headers: HeaderList): void {
    this.#note({ headers });
  }

  onData(chunk: Uint8Array): Keeping {
    this.bytes += chunk.length;
    this.#note({ data: Buffer.from(chunk).toString("latin1") });
    return "copied";
  }

  onEnd(trailers: HeaderList): void {
    this.#note({ end: trailers });
  }

  onReset(reset: StreamReset): void {
    this.#note({ reset });
  }

  onDrain(): void {
    this.#note({ drain: true });
  }

  find<K extends "headers" | "end" | "reset" | "drain">(kind: K): Extract<Told, Record<K, unknown>> | undefined {
    return this.told.find((told): told is Extract<Told, Record<K, unknown>> => kind in told);
  }

  async until(holds: () => unknown): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  text(): string {
    return this.told.map((told) => ("data" in told ? told.data : "")).join("");
  }

  #note(told: Told): void {
    this.told.push(told);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
