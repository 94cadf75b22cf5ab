import type { Readable } from "node:stream";
import type { Clock } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { HttpRequest } from "@parley/wire/internal/http1";
import { EdgeError } from "@parley/wire/internal/http1";
import type { BodyBudget, UnfinishedBody } from "./body-budget.ts";

export interface BodyLimits {
  readonly bodies: BodyBudget;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
}

const CLOSE = { connection: "close" };

/** @throws EdgeError 415 for a body of another type, or one that is compressed. The type never decides what is checked later. */
export function requireJson(request: HttpRequest): void {
  const type = request.headers["content-type"] ?? "";
  if (!isJson(type)) {
    throw new EdgeError(
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      `the body must be application/json, got ${type || "no content type"}`,
    );
  }
  refuseCompressed(request);
}

/** @throws EdgeError 400 for bytes that are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new EdgeError(400, "MALFORMED_REQUEST", "the body is not valid UTF-8");
  }
}

/** @throws EdgeError 415 for a compressed body: what reads it next is not told that its bytes are compressed. */
export function refuseCompressed({ headers }: HttpRequest): void {
  const encoding = headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return;
  throw new EdgeError(
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    `the body must not be compressed, got content-encoding ${encoding}: send it as it is`,
  );
}

/** `application/json` or `application/<x>+json`, with any parameters but a charset other than UTF-8. */
function isJson(contentType: string): boolean {
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (!/^\s*application\/(?:[\w.!#$&^-]+\+)?json\s*$/.test(type)) return false;
  return parameters.every((parameter) => !/^\s*charset\s*=/.test(parameter) || /=\s*"?utf-?8"?\s*$/.test(parameter));
}

/**
 * The whole body; empty if there is none. Only the bytes allowed are ever kept.
 *
 * What is refused is still read and thrown away, within the server's time limit: closing on a client that is sending
 * would reset the connection before it has read the answer.
 *
 * @throws EdgeError 413 over the limit, 503 if there is no room for more unfinished bodies, 408 if it takes too long, 400 if it is cut off.
 */
export async function readBytes(request: HttpRequest, limits: BodyLimits): Promise<Buffer> {
  const { headers, body } = request;
  if (!body) return Buffer.alloc(0);
  if (Number(headers["content-length"]) > limits.maxBodyBytes) throw tooLarge(limits);
  return collect(request, body, limits);
}

/**
 * The body piece by piece. A reader that stops early leaves the rest to be thrown away.
 * @throws EdgeError 413 over the limit, 408 if a piece takes too long, 400 if it is cut off.
 */
export async function* openBody(
  { headers, body }: HttpRequest,
  { maxBodyBytes, bodyTimeoutMs, clock }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  if (Number(headers["content-length"]) > maxBodyBytes) throw tooLarge({ maxBodyBytes });
  const pieces = body.iterator({ destroyOnReturn: false });
  let size = 0;
  try {
    for (;;) {
      const next = pieces.next();
      if ((await settleWithin(next, bodyTimeoutMs, clock)) === "timeout") {
        next.catch(() => {}); // what it becomes no longer matters
        throw new EdgeError(408, "REQUEST_TIMEOUT", `no more of the body came within ${bodyTimeoutMs} ms`, CLOSE);
      }
      const { done, value } = await next;
      if (done) return;
      size += (value as Uint8Array).length;
      if (size > maxBodyBytes) throw tooLarge({ maxBodyBytes });
      yield value as Uint8Array;
    }
  } catch (error) {
    throw error instanceof EdgeError ? error : new EdgeError(400, "MALFORMED_REQUEST", "the body was cut off", CLOSE);
  } finally {
    body.resume();
  }
}

function collect(
  request: HttpRequest,
  body: Readable,
  { maxBodyBytes, bodyTimeoutMs, bodies, clock }: BodyLimits,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers["content-length"]);
    const chunks: Buffer[] = [];
    let size = 0;
    let unfinished: UnfinishedBody | undefined;
    const timer = clock.setTimer(bodyTimeoutMs, () =>
      fail(new EdgeError(408, "REQUEST_TIMEOUT", `the body did not come within ${bodyTimeoutMs} ms`, CLOSE)),
    );
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBodyBytes) return fail(tooLarge({ maxBodyBytes }));
      try {
        // A body that comes as one piece, as most do, is never unfinished.
        if (size !== announced) {
          unfinished ??= bodies.open(request);
          unfinished.take(chunk);
        }
        chunks.push(chunk);
      } catch (error) {
        fail(error as EdgeError);
      }
    };
    const onEnd = (): void => {
      settle();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    };
    const onCut = (error?: Error): void =>
      fail(error instanceof EdgeError ? error : new EdgeError(400, "MALFORMED_REQUEST", "the body was cut off", CLOSE));
    const settle = (): void => {
      timer.cancel();
      unfinished?.end();
      body.off("data", onData).off("end", onEnd).off("error", onCut).off("close", onCut);
    };
    const fail = (error: EdgeError): void => {
      settle();
      body.resume();
      reject(error);
    };
    if (body.destroyed) return onCut();
    body.on("data", onData).on("end", onEnd).on("error", onCut).on("close", onCut);
  });
}

function tooLarge({ maxBodyBytes }: { readonly maxBodyBytes: number }): EdgeError {
  return new EdgeError(413, "PAYLOAD_TOO_LARGE", `the body must not be larger than ${maxBodyBytes} bytes`);
}
