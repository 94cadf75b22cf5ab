import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { noopLogger } from "@parley/core";
import { describe, expect, test, vi } from "vitest";
import { atScale } from "../../../../scripts/testing/at-scale.ts";
import { createEventLogs } from "./support/event-logs.ts";
import { openLive, openSse, openWs, type WsReader } from "./support/live.ts";

const CLIENTS_OF_EACH_KIND = atScale(100, 500);
const EVENTS = 250;
const EVENT_BYTES = 64_000;
const MEBIBYTE = 1_048_576;
const LIMITS = { maxClients: 2_000, maxClientsPerPrincipal: 2_000, keepBytes: 64 * MEBIBYTE };
const padding = "x".repeat(EVENT_BYTES);

/** What became of each client that the gateway ended. */
function endings() {
  const reasons: string[] = [];
  const logger = {
    ...noopLogger,
    info(fields: object) {
      const { code, message, reason } = fields as { code?: unknown; message?: string; reason?: string };
      if (code !== undefined) reasons.push(message ?? reason ?? "");
    },
  };
  return { logger, reasons };
}

async function stopReading(origin: string, after?: string): Promise<IncomingMessage> {
  const request = get(`${origin}/events`, { agent: false, headers: after ? { "last-event-id": after } : {} });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response.on("error", () => {}).pause();
}

/** Reads what has arrived of a stream that was ended: the numbers of the events, and the last id. */
async function readRest(response: IncomingMessage): Promise<{ readonly numbers: number[]; readonly lastId: string }> {
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await new Promise((resolve) => response.once("close", resolve).resume()); // cut off or not: what came counts
  const whole = text.slice(0, text.lastIndexOf("\n\n"));
  const numbers = [...whole.matchAll(/^data: .*"data":\{"id":(\d+)/gm)].map(([, id]) => Number(id));
  return { numbers, lastId: [...whole.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "" };
}

describe("clients that stop reading", () => {
  test(
    "are bounded in memory, ended with a reason, and lose nothing when they come back",
    async () => {
      const logs = createEventLogs({ logs: 2 });
      const { logger, reasons } = endings();
      const options = { stallTimeoutMs: 1_500, logger };
      const { origin } = await openLive(logs, LIMITS, options);
      const healthy = await openSse(`${origin}/events`);
      const sse: IncomingMessage[] = [];
      const ws: WsReader[] = [];
      for (let client = 0; client < CLIENTS_OF_EACH_KIND; client++) {
        sse.push(await stopReading(origin));
        const socket = await openWs(origin);
        socket.send({ type: "subscribe", id: 1 });
        await socket.next();
        socket.socket.pause();
        ws.push(socket);
      }

      const before = process.memoryUsage.rss();
      for (let id = 0; id < EVENTS; id++) {
        await logs.publish("books.added", { id, name: padding });
        await turn(); // let what can be written leave
      }
      const heard = await healthy.take(EVENTS);
      expect(heard).toHaveLength(EVENTS);
      const all = 2 * CLIENTS_OF_EACH_KIND;
      await vi.waitFor(
        () => expect(reasons.filter((it) => it.includes("did not read"))).toHaveLength(all),
        atScale(20_000, 120_000),
      );
      const grownMiB = (process.memoryUsage.rss() - before) / MEBIBYTE;
      // Kept once: 32 MB of events as text; per client at most one buffer and one event. Unbounded it would be 3.2 GB.
      expect(grownMiB).toBeLessThan(atScale(400, 1_000));

      for (const response of sse.slice(0, 10)) {
        const { numbers, lastId } = await readRest(response);
        const back = await openSse(`${origin}/events`, { "last-event-id": lastId });
        const rest = await back.take(EVENTS - numbers.length);
        back.close();
        const later = rest.map(({ data }) => (data as { data: { id: number } }).data.id);
        expect([...numbers, ...later].toSorted((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, id) => id));
      }
      for (const client of ws) client.socket.terminate();
      for (const response of sse) response.destroy();
    },
    atScale(60_000, 300_000),
  );

  test("and are overtaken by events that are no longer held are ended, and told what they missed", async () => {
    const logs = createEventLogs({ logs: 1 });
    const { logger, reasons } = endings();
    const { origin } = await openLive(logs, { keepEvents: 20 }, { logger });
    const slow = await stopReading(origin);
    const healthy = await openSse(`${origin}/events`);
    let published = 0;
    const publish = async () => {
      await logs.publish("books.added", { id: published++, name: padding });
      await healthy.next();
    };
    while (published < 600) await publish(); // 38 MB: more than a kernel keeps for one connection
    const rest = readRest(slow); // reads again, and finds that what comes next is gone
    await vi.waitFor(() => expect(reasons).toEqual(["the client reads more slowly than events come"]), 10_000);
    const { lastId } = await rest;
    const back = await openSse(`${origin}/events`, { "last-event-id": lastId });
    expect(await back.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_NOT_HELD" } });
  }, 30_000);
});
