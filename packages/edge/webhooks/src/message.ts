import { invalidArgument } from "@parley/core";
import type { Envelope } from "@parley/transport";

/**
 * The body of a message as Standard Webhooks recommends it: `{"type", "timestamp", "data"}`. The data stands as it was
 * published, so that its numbers lose no digit.
 *
 * @throws ParleyError INVALID_ARGUMENT for data that is not JSON.
 */
export function renderBody({ type, timeMs, data }: Envelope): string {
  const timestamp = new Date(timeMs).toISOString();
  return `{"type":${JSON.stringify(type)},"timestamp":"${timestamp}","data":${jsonOf(type, data)}}`;
}

function jsonOf(type: string, data: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
    JSON.parse(text);
    return text;
  } catch (error) {
    throw invalidArgument({ field: "data", description: `of ${type} is not JSON: ${(error as Error).message}` });
  }
}
