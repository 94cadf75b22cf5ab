import { type Logger, ParleyError } from "@parley/core";
import type { Session } from "./link.ts";

/** Before 3.10 quorum queues have neither their present log nor dead letters that are safe. */
const OLDEST = [3, 10] as const;

/**
 * Reads what the server tells of itself. Quorum queues write to disk before they confirm, whatever its settings; how many
 * nodes it has, and so how many copies, it does not tell a client. What a queue that is there already lacks is named
 * when a group subscribes.
 */
export function checkServer({ model }: Session, logger: Logger): void {
  const { product = "", version = "" } = model.connection.serverProperties;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (product !== "RabbitMQ") {
    logger.warn({ product, version }, "the server is not RabbitMQ: quorum queues and their durability are in doubt");
    return;
  }
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new ParleyError("FAILED_PRECONDITION", `RabbitMQ ${version} is too old: quorum queues need 3.10 or later`);
  }
}
