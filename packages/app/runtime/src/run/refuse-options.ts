import { failedPrecondition } from "@parley/core";

/**
 * Makes a server, a gateway or a channel of a part. What it refuses (a TLS file that cannot be read, an address that is none) is a
 * mistake in the configuration, and needs no stack.
 * @throws ParleyError FAILED_PRECONDITION in place of a TypeError.
 */
export function refuseOptions<T>(part: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw failedPrecondition(`${part} cannot start: ${error.message}`);
    throw error;
  }
}
