import type { ServiceError } from "@grpc/grpc-js";
import type { LoadedUser } from "../contract/grpc-js-users.ts";

/** What a hand-written gateway does with a user: the times become text. */
export function toJsonUser({ createdAt, updatedAt, ...user }: LoadedUser) {
  return { ...user, createdAt: toIso(createdAt), updatedAt: toIso(updatedAt) };
}

function toIso({ seconds, nanos }: LoadedUser["createdAt"]): string {
  return new Date(seconds * 1_000 + nanos / 1e6).toISOString();
}

const HTTP_STATUS = new Map([
  [3, 400],
  [4, 504],
  [5, 404],
  [14, 503],
]);

/** The HTTP status of a gRPC failure. */
export function toHttpStatus(error: ServiceError): number {
  return HTTP_STATUS.get(error.code) ?? 500;
}

/** The id of the path, or undefined if it is none. */
export function parseId(text: string | undefined): number | undefined {
  const id = Number(text);
  return Number.isInteger(id) && id > 0 && id < 2 ** 31 ? id : undefined;
}
