import { type Call, type Clock, type Operation, ParleyError, type Timer, toParleyError } from "@parley/core";
import { abortOf, deadlineExceeded, settleWithin } from "@parley/core/internal";
import {
  type ClientConnection,
  type ClientConnectionEvents,
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  headerListBytes,
  type ResponseSink,
} from "@parley/wire/internal/http2";
import { callerFault, cannotSend } from "../grpc/caller-fault.ts";
import { ContextHeaders } from "../grpc/context-headers.ts";
import { type DeadlineWheel, SharedDeadlineWheel } from "../grpc/deadline-wheel.ts";
import { requestHeaders } from "../grpc/headers.ts";
import { appendMetadata } from "../grpc/metadata-headers.ts";
import { sizeDetail } from "../grpc/size-fault.ts";
import { formatTimeout } from "../grpc/timeout.ts";
import type { AttemptServices } from "./attempt.ts";
import type { AttemptHandler } from "./attempt-handler.ts";
import { type CancelledCall, CancelPacer } from "./cancel-pacer.ts";
import type { Connection, ConnectionEnd, ConnectOptions } from "./connection.ts";
import { KeepaliveProbe } from "./keepalive.ts";
import { StreamAttempt } from "./stream-attempt.ts";
import { UnaryAttempt } from "./unary-attempt.ts";

/** Stream ids are odd numbers below 2^31; a connection that has used this many takes no more calls. */
const MAX_CALLS = 2 ** 30 - 1;

/** How long a server that has refused a call for want of room is given no further ones. */
const REFUSED_REST_MS = 50;

/** Cancelled calls that may wait for their resets, and the share of the places at the server that they may take. */
const MAX_CANCELLED = 100;
const CANCELLED_SHARE = 1 / 4;

/** A gRPC connection over any HTTP/2 connection. Made before the dial, because it is told what happens from then on. */
export class GrpcConnection implements Connection, AttemptServices, ClientConnectionEvents {
  readonly address: string;
  readonly closed: Promise<ConnectionEnd>;
  readonly load = { active: 0, limit: Number.POSITIVE_INFINITY };
  readonly wheel: DeadlineWheel;
  readonly #options: ConnectOptions;
  readonly #headers = new Map<Operation, HeaderList>();
  readonly #contextHeaders: ContextHeaders;
  readonly #end = Promise.withResolvers<ConnectionEnd>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #keepalive: KeepaliveProbe;
  readonly #cancels: CancelPacer;
  #http2: ClientConnection | undefined;
  #callsLeft: number;
  /** Calls at once, as the server says. */
  #allowed = Number.POSITIVE_INFINITY;
  /** Set while no more calls begin here than are under way, because the server has refused one. */
  #resting: Timer | undefined;
  #takesCalls = false;
  #retired = false;

  constructor(options: ConnectOptions, address: string, maxCalls = MAX_CALLS) {
    this.#options = options;
    this.#contextHeaders = new ContextHeaders(options.caller);
    this.#callsLeft = maxCalls;
    this.address = address;
    this.closed = this.#end.promise;
    this.wheel = new SharedDeadlineWheel(options.clock);
    this.#cancels = new CancelPacer(options.clock, () => this.#http2?.resetLimit);
    this.#keepalive = new KeepaliveProbe({
      ...options.keepalive,
      clock: options.clock,
      ping: (onAck) => this.#http2?.ping(onAck) ?? false,
      onDead: () => this.#http2?.destroy("no answer to keepalive"),
    });
  }

  /** The dial has succeeded. */
  start(http2: ClientConnection): this {
    this.#http2 = http2;
    this.#takesCalls = true;
    return this;
  }

  get peer(): string {
    return this.address;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get maxReceiveBytes(): number {
    return this.#options.maxReceiveBytes;
  }

  get compression(): ConnectOptions["compression"] {
    return this.#options.compression;
  }

  readonly carry: AttemptHandler = (call, receiver) => {
    const error = this.#refusal(call);
    if (error) return receiver.reject(error);
    try {
      if (call.streaming) new StreamAttempt(call, this, receiver);
      else new UnaryAttempt(call, this, receiver);
    } catch (thrown) {
      receiver.reject(toParleyError(thrown));
    }
  };

  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#retire({ reason: "closed by its owner" });
    this.#http2?.close();
    this.#endIfCancelled();
    if ((await settleWithin(this.#gone.promise, graceMs, this.#options.clock)) === "timeout") {
      this.#http2?.destroy("closed by its owner");
    }
    await this.#gone.promise;
  }

  open(call: Call, sink: ResponseSink): ClientStream {
    if (!this.#http2) throw new ParleyError("UNAVAILABLE", `${this.address} is not connected`, { progress: "refused" });
    const common = this.#commonHeaders(call.operation);
    const own = this.#ownHeaders(call);
    holdToSize(headerListBytes(common) + headerListBytes(own), this.#http2.maxHeaderListBytes);
    const stream = this.#http2.open(common, own, sink);
    this.load.active += 1;
    this.#keepalive.busy();
    this.#callsLeft -= 1;
    if (this.#callsLeft === 0) {
      this.#retire({ reason: "its stream ids are used up" });
      this.#http2.close();
    }
    return stream;
  }

  onActivity(): void {
    this.#keepalive.heard();
  }

  onSettled(): void {
    this.load.active -= 1;
    if (this.load.active === 0) this.#keepalive.idle();
    this.#endIfCancelled();
    this.#options.onCapacity();
  }

  cancel(attempt: CancelledCall): void {
    this.#cancels.cancel(attempt);
    const { limit } = this.load;
    // Another connection has a measure of its own; this one goes on for the calls that it has, and takes the cancelled ones along.
    if (!this.#retired && this.#cancels.waiting > Math.min(MAX_CANCELLED, limit * CANCELLED_SHARE)) {
      this.#retire({ reason: "more calls are cancelled than the server lets be reset" });
      this.#http2?.close();
    }
    this.#endIfCancelled();
  }

  onCancelledEnd(attempt: CancelledCall): void {
    this.#cancels.remove(attempt);
    this.onSettled();
  }

  onMaxStreams(limit: number): void {
    this.#allowed = limit;
    this.#restoreLimit();
  }

  /** Calls that were cancelled may still run there and take up places: others go over another connection meanwhile, or wait. */
  onRefused(): void {
    if (this.#retired) return;
    this.load.limit = Math.min(this.load.limit, this.load.active - 1);
    this.#resting ??= this.#options.clock.setTimer(REFUSED_REST_MS, this.#restoreLimit).unref();
  }

  readonly #restoreLimit = (): void => {
    this.#resting?.cancel();
    this.#resting = undefined;
    if (!this.#retired) this.load.limit = this.#allowed;
    this.#options.onCapacity();
  };

  onGoaway(code: number, debug: string): void {
    if (code === HTTP2_CODES.NO_ERROR) return this.#retire({ reason: "the server is going away" });
    const reason = `the server sent GOAWAY, code ${code}${debug && `: ${debug}`}`;
    const tooManyPings = code === HTTP2_CODES.ENHANCE_YOUR_CALM && debug === "too_many_pings";
    if (tooManyPings) this.#options.logger.warn({ address: this.address }, "the server was pinged too often");
    this.#retire({ reason, error: this.#lost(reason), ...(tooManyPings && { advice: "slower_keepalive" }) });
  }

  onClose(reason: string): void {
    this.#retire({ reason, error: this.#lost(reason) });
    this.wheel.close();
    this.#gone.resolve();
  }

  /** The end of a connection is a reset for each of its streams, whatever the server counts. */
  #endIfCancelled(): void {
    const { waiting } = this.#cancels;
    if (this.#retired && waiting > 0 && waiting === this.load.active) {
      this.#http2?.destroy("no calls but cancelled ones were left");
    }
  }

  #refusal({ context, operation }: Call): ParleyError | undefined {
    if (!this.#takesCalls) {
      return new ParleyError("UNAVAILABLE", `the connection to ${this.address} is closing`, { progress: "refused" });
    }
    if (this.load.active >= this.load.limit) {
      const message = `${this.address} allows ${this.load.limit} calls at once on a connection`;
      return new ParleyError("UNAVAILABLE", message, { progress: "refused" });
    }
    const aborting = abortOf(context);
    if (aborting.aborted) return toParleyError(aborting.reason);
    return context.deadlineMs <= this.#options.clock.now() ? deadlineExceeded(operation.path) : undefined;
  }

  #commonHeaders(operation: Operation): HeaderList {
    let headers = this.#headers.get(operation);
    if (!headers) {
      const { authority = this.address, tls, compression } = this.#options;
      headers = requestHeaders(tls ? "https" : "http", authority, operation.path, compression);
      this.#headers.set(operation, headers);
    }
    return headers;
  }

  #ownHeaders({ context, metadata }: Call): HeaderList {
    const headers: string[] = [];
    const timeoutMs = context.deadlineMs - this.#options.clock.now();
    // No header says that there is no deadline.
    if (timeoutMs < Number.POSITIVE_INFINITY) headers.push("grpc-timeout", formatTimeout(timeoutMs));
    try {
      this.#contextHeaders.append(headers, context, metadata);
    } catch (error) {
      throw callerFault(error);
    }
    appendMetadata(headers, metadata);
    return headers;
  }

  #lost(reason: string): ParleyError {
    return new ParleyError("UNAVAILABLE", `the connection to ${this.address} was lost: ${reason}`);
  }

  #retire(end: ConnectionEnd): void {
    this.#takesCalls = false;
    this.#retired = true;
    this.load.limit = 0; // at once: `closed` is heard of only when the calls of this turn have been given out
    this.#keepalive.stop();
    this.#resting?.cancel();
    this.#end.resolve(end);
  }
}

/** A peer that is sent more would reset the stream, or end the connection with all its calls (RFC 9113, section 10.5.1). */
function holdToSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `the headers of the call take ${bytes} bytes, over the ${maxBytes} that the server accepts`;
  throw cannotSend("RESOURCE_EXHAUSTED", message, { details: [sizeDetail("HEADERS_TOO_LARGE")] });
}
