import type { Readable } from "node:stream";
import type { Clock } from "@parley/core";
import type { HttpRequest } from "@parley/wire/internal/http1";
import { EdgeError } from "@parley/wire/internal/http1";
import type { RawContent } from "../http-rule/http-body.ts";
import type { BodyBudget, UnfinishedBody } from "./body-budget.ts";

export interface BodyLimits {
  readonly bodies: BodyBudget;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
}

const CLOSE = { connection: "close" };

/**
 * The text of a JSON body, or the empty string if there is none. Only the bytes allowed are ever kept. The type is
 * judged only if there is content, and never decides what is checked later: that is the contract's matter.
 *
 * What is refused is still read and thrown away, within the server's time limit: closing on a client that is sending
 * would reset the connection before it has read the answer.
 *
 * @throws EdgeError 413 over the limit, 503 if there is no room for more unfinished bodies, 415 for another type, 408 if it takes too long, 400 if it is cut off or not UTF-8.
 */
export async function readJsonBody(request: HttpRequest, limits: BodyLimits): Promise<string> {
  const { headers } = request;
  const bytes = await readBytes(request, limits);
  if (bytes.length === 0) return "";
  const type = headers["content-type"] ?? "";
  if (!isJson(type)) {
    throw new EdgeError(
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      `the body must be application/json, got ${type || "no content type"}`,
    );
  }
  refuseCompressed(request);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new EdgeError(400, "MALFORMED_REQUEST", "the body is not valid UTF-8");
  }
}

/**
 * A body of any type as it is, for a method that takes `google.api.HttpBody`.
 * @throws EdgeError as {@link readJsonBody}, but for its type.
 */
export async function readRawBody(request: HttpRequest, limits: BodyLimits): Promise<RawContent> {
  const data = await readBytes(request, limits);
  if (data.length > 0) refuseCompressed(request);
  return { contentType: request.headers["content-type"] ?? "", data };
}

/** Nothing here would say to a method that its bytes are compressed. */
function refuseCompressed({ headers }: HttpRequest): void {
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

async function readBytes(request: HttpRequest, limits: BodyLimits): Promise<Buffer> {
  const { headers, body } = request;
  if (!body) return Buffer.alloc(0);
  if (Number(headers["content-length"]) > limits.maxBodyBytes) throw tooLarge(limits);
  return collect(request, body, limits);
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
