import { noopLogger, systemClock } from "@parley/core";
import { systemRandom } from "@parley/core/internal";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLink } from "../src/link.ts";
import { trimTopic } from "../src/topics.ts";
import { canStartServer, type OwnServer, startOwnServer } from "./own-server.ts";

const HOUR_MS = 3_600_000;

describe.skipIf(!canStartServer())("trimming a stream", () => {
  let server: OwnServer;
  let client: ReturnType<typeof createClient>;
  const old = (sequence: number): string => `${Date.now() - 2 * HOUR_MS}-${sequence}`;

  beforeAll(async () => {
    server = await startOwnServer();
    client = createClient({ url: server.url });
    await client.connect();
  }, 40_000);
  afterAll(async () => {
    client?.destroy();
    await server?.remove();
  });

  async function trim(topic: string, retentionMs = HOUR_MS) {
    const options = {
      urls: [server.url],
      name: "trim",
      logger: noopLogger,
      clock: systemClock,
      random: systemRandom,
    };
    const link = openLink(options);
    try {
      return await trimTopic(await link.session(AbortSignal.timeout(5_000)), topic, retentionMs);
    } finally {
      await link.close();
    }
  }

  it("drops what is past the retention, where no group waits for it", async () => {
    await client.xAdd("a", "1-1", { data: "{}" });
    await client.xAdd("a", "2-1", { data: "{}" });
    await client.xAdd("a", "*", { data: "{}" });
    expect(await trim("a")).toMatchObject({ trimmed: 2, heldBy: undefined });
    expect(await client.xLen("a")).toBe(1);
    expect(await trim("missing")).toMatchObject({ trimmed: 0 });
  });

  it("keeps what a group has not read, or not settled, and names the group", async () => {
    const ids = [old(1), old(2), old(3)].sort();
    for (const id of ids) await client.xAdd("b", id, { data: "{}" });
    await client.xGroupCreate("b", "reads", "0");
    expect(await trim("b")).toMatchObject({ trimmed: 0, heldBy: "reads" });
    await client.xReadGroup("reads", "one", { key: "b", id: ">" }, { COUNT: 2 });
    await client.xAck("b", "reads", ids[0] ?? "");
    expect(await trim("b")).toEqual({ trimmed: 1, heldBy: "reads", firstId: ids[1] });
    await client.xReadGroup("reads", "one", { key: "b", id: ">" });
    await client.xAck("b", "reads", ids.slice(1));
    expect(await trim("b")).toMatchObject({ trimmed: 1, heldBy: undefined });
    await client.xAdd("b", "*", { data: "{}" });
    expect(await trim("b", 0)).toMatchObject({ trimmed: 0, heldBy: "reads" });
  });
});
