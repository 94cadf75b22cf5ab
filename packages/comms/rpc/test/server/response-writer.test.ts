import { createManualClock, Metadata, noopLogger, operationsOf, ParleyError } from "@parley/core";
import { systemIds } from "@parley/core/internal";
import { type HeaderList, HTTP2_CODES, type ServerStream } from "@parley/wire/internal/http2";
import { expect, test } from "vitest";
import { createDeadlineWheel } from "../../src/grpc/deadline-wheel.ts";
import { attachMetadata } from "../../src/grpc/error-metadata.ts";
import { ResponseWriter } from "../../src/server/response-writer.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";

const [operation] = operationsOf(EchoService);
if (!operation) throw new Error("the test's own service has no methods");

/** A stream that notes what it is given, and refuses what the test says. */
class RefusingStream implements ServerStream {
  readonly given: unknown[] = [];
  readonly #refused: string;

  constructor(refused: string) {
    this.#refused = refused;
  }

  respond(_common: HeaderList, own: HeaderList = []): void {
    this.#take("headers", own);
  }

  respondOnly(headers: HeaderList): void {
    this.#take("only", headers.slice(headers.indexOf("grpc-status")));
  }

  end(common: HeaderList = [], own: HeaderList = []): "sent" {
    this.#take("end", [...common, ...own]);
    return "sent";
  }

  write(): "go" {
    return "go";
  }

  read(): void {}

  reset(code: number): void {
    this.given.push({ reset: code });
  }

  #take(kind: string, headers: HeaderList): void {
    if (headers.includes(this.#refused)) throw new TypeError(`${this.#refused} is refused`);
    this.given.push({ [kind]: headers });
  }
}

class Call extends ResponseWriter {
  answer(header: Metadata, trailer: Metadata): void {
    try {
      this.sendHeaders(header);
      this.succeed(trailer);
    } catch (error) {
      this.fail(error);
    }
  }

  failWith(error: ParleyError): void {
    this.fail(error);
  }

  protected override abort(error: ParleyError): void {
    this.fail(error);
  }
}

function begin(refused: string) {
  const clock = createManualClock();
  const stream = new RefusingStream(refused);
  const route = {
    operation: operation as NonNullable<typeof operation>,
    handle: () => Promise.reject(new Error("not called")),
  };
  const arriving = {
    stream,
    headers: [],
    caller: { address: "127.0.0.1:1", running: 0 },
    route,
    deadlineMs: clock.now() + 1_000,
    format: { encoding: "identity", maxBytes: 1_000 },
    encoding: "identity",
  } as const;
  const wheel = createDeadlineWheel(clock);
  const call = new Call(arriving, { clock, ids: systemIds, wheel, logger: noopLogger, maxReceiveBytes: 1_000 });
  return { call, stream, clock };
}

const bad = (): Metadata => new Metadata([["x-bad", "1"]]);

test("headers that the stream refuses are answered by an error, which goes without them", () => {
  const { call, stream } = begin("x-bad");
  call.answer(bad(), new Metadata());
  expect(stream.given).toEqual([{ only: ["grpc-status", "13", "grpc-message", "internal error"] }]);
});

test.each(["header", "trailer"] as const)(
  "an error whose %s the stream refuses resets it: the client must not wait",
  (where) => {
    const { call, stream, clock } = begin("x-bad");
    const error = new ParleyError("NOT_FOUND", "no");
    call.failWith(attachMetadata(error, { header: new Metadata(), trailer: new Metadata(), [where]: bad() }));
    expect(stream.given).toEqual([{ reset: HTTP2_CODES.INTERNAL_ERROR }]);
    clock.advance(10_000);
    expect(stream.given).toHaveLength(1);
  },
);

test("a deadline that has passed ends the call once, and what its method answers then goes nowhere", () => {
  const { call, stream, clock } = begin("");
  clock.advance(1_010);
  call.answer(new Metadata(), new Metadata());
  expect(stream.given).toHaveLength(1);
  expect(stream.given).toMatchObject([{ only: expect.arrayContaining(["grpc-status", "4"]) }]);
});
