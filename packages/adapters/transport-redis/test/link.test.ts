import { noopLogger, systemClock } from "@parley/core";
import { systemRandom } from "@parley/core/internal";
import { RedisClient } from "@redis/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { openLink } from "../src/link.ts";
import { canStartServer, startOwnServer } from "./own-server.ts";

test.skipIf(!canStartServer())(
  "a connection that is opened, or opened again, makes no class of commands of its own, whatever its name",
  { timeout: 60_000 },
  async () => {
    const server = await startOwnServer();
    onTestFinished(() => server.remove());
    const made = vi.spyOn(RedisClient, "factory");
    onTestFinished(() => made.mockRestore());
    const { signal } = new AbortController();
    const shared = { urls: [server.url], logger: noopLogger, clock: systemClock, random: systemRandom };
    const links = ["publishes", "waits for a", "waits for b"].map((name) => openLink({ ...shared, name }));
    onTestFinished(async () => void (await Promise.all(links.map((link) => link.close()))));
    const before = await Promise.all(links.map((link) => link.session(signal)));
    await server.kill();
    await vi.waitFor(() => expect(before.every(({ ended }) => ended.aborted)).toBe(true), { timeout: 20_000 });
    await server.start();
    await Promise.all(links.map((link) => link.session(signal)));
    expect(made).not.toHaveBeenCalled();
  },
);
