import { afterAll, beforeAll, describe } from "vitest";
import type { TransportHarness } from "../transport-harness.ts";
import { describeAwkwardTexts } from "./describe-awkward-texts.ts";
import { describeBusyClose } from "./describe-busy-close.ts";
import { describeClose } from "./describe-close.ts";
import { describeDurability } from "./describe-durability.ts";
import { describeForeign } from "./describe-foreign.ts";
import { describeGroups } from "./describe-groups.ts";
import { describeHandOver } from "./describe-hand-over.ts";
import { describeLimits } from "./describe-limits.ts";
import { describeOrder } from "./describe-order.ts";
import { describePublish } from "./describe-publish.ts";
import { describeRebalance } from "./describe-rebalance.ts";
import { describeRedelivery } from "./describe-redelivery.ts";
import { describeRefusals } from "./describe-refusals.ts";
import { describeRequests } from "./describe-requests.ts";
import { describeStart } from "./describe-start.ts";
import type { Suite } from "./suite.ts";

export interface DescribeOptions {
  /** False leaves all out by name: the broker cannot be reached. Default true. */
  readonly isAvailable?: boolean;
  /** How long something that must happen may take. Default 15 s. */
  readonly patienceMs?: number;
}

const DEFAULT_PATIENCE_MS = 15_000;
/** To start the broker, or to stop it. */
const HARNESS_TIMEOUT_MS = 120_000;

/**
 * The contract of {@link EventTransport}, as tests. Every implementation passes the whole of it; what a transport does
 * not declare in its capabilities is left out by name, and asserted to be refused.
 */
export function describeEventTransport(
  name: string,
  makeHarness: () => Promise<TransportHarness>,
  { isAvailable = true, patienceMs = DEFAULT_PATIENCE_MS }: DescribeOptions = {},
): void {
  describe.skipIf(!isAvailable)(`${name} as an event transport`, { timeout: 4 * patienceMs }, () => {
    let harness: TransportHarness | undefined;
    beforeAll(async () => {
      harness = await makeHarness();
    }, HARNESS_TIMEOUT_MS);
    afterAll(() => harness?.close(), HARNESS_TIMEOUT_MS);
    const suite: Suite = {
      patienceMs,
      get harness() {
        if (!harness) throw new Error(`the harness of ${name} was not made`);
        return harness;
      },
    };
    describePublish(suite);
    describeGroups(suite);
    describeStart(suite);
    describeRedelivery(suite);
    describeOrder(suite);
    describeRebalance(suite);
    describeHandOver(suite);
    describeClose(suite);
    describeBusyClose(suite);
    describeLimits(suite);
    describeAwkwardTexts(suite);
    describeForeign(suite);
    describeRequests(suite);
    describeRefusals(suite);
    describeDurability(suite);
  });
}
