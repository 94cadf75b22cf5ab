import { CODES } from "@parley/core";
import type { JsonSchema } from "./json-schema.ts";

/** What the gateway itself refuses, of any operation; codes of calls that have the same status are added. */
const EDGE: Readonly<Record<number, string>> = {
  400: "The request is malformed, or breaks a rule of the contract.",
  401: "No token, or one that is not valid.",
  403: "The token does not give the right to do this.",
  404: "There is nothing by this name.",
  408: "The request did not come in time.",
  413: "The body is too large.",
  415: "The body is of a type that is not taken here, or compressed.",
  426: "Only a WebSocket is spoken here.",
  429: "Too much was asked for; try again later.",
  431: "The headers are too large.",
  500: "The gateway failed.",
  503: "What answers this is not there; try again later.",
};

/** Statuses of every operation, whatever its contract. */
const ANY_OPERATION = [400, 408, 413, 415, 431, 500, 503];

/** What a method of a contract may fail with: any code of the catalogue, and what the gateway refuses before the call. */
export const METHOD_STATUSES = inOrder([
  ...ANY_OPERATION,
  ...Object.values(CODES).flatMap(({ http }) => (http < 400 ? [] : [http])),
]);

/** What a live connection may be refused with. */
export const LIVE_STATUSES = inOrder([...ANY_OPERATION, 401, 403, 429]);

/** References to the described failures, by status. */
export function failures(statuses: readonly number[]): JsonSchema {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]));
}

/** The failures that operations refer to, as components; `schema` is that of their body. */
export function errorResponses(schema: JsonSchema): JsonSchema {
  const statuses = inOrder([...METHOD_STATUSES, ...LIVE_STATUSES, 426]);
  return Object.fromEntries(
    statuses.map((status) => [
      nameOf(status),
      { description: descriptionOf(status), content: { "application/json": { schema } } },
    ]),
  );
}

function descriptionOf(status: number): string {
  const causes = Object.values(CODES).filter(({ http }) => http === status);
  const named = causes.map(({ application, cause }) => `\`${application}\`: ${cause}`);
  return [...(EDGE[status] ? [EDGE[status]] : []), ...named].join("\n\n");
}

function nameOf(status: number): string {
  return `Error${status}`;
}

function inOrder(statuses: readonly number[]): readonly number[] {
  return [...new Set(statuses)].sort((a, b) => a - b);
}
