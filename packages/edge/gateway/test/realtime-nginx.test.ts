import { expect, onTestFinished, test, vi } from "vitest";
import { hasNginx } from "../../../../scripts/testing/nginx.ts";
import { createEventLogs } from "./support/event-logs.ts";
import { openLive, openSse, openWs, type SseMessage } from "./support/live.ts";
import { startRealtimeNginx } from "./support/nginx.ts";

const HALF = 3;
const numberOf = ({ data }: SseMessage): number => (data as { data: { id: number } }).data.id;
const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);

test.skipIf(!hasNginx())(
  "two gateways behind nginx each serve all clients, and one may stop under them",
  async () => {
    const logs = createEventLogs({ logs: 3 });
    const [one, two] = [await openLive(logs), await openLive(logs)];
    const nginx = await startRealtimeNginx([one.port, two.port]);
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const events = `${nginx.origin}/events`;
    const sse = await Promise.all(upTo(2 * HALF).map(() => openSse(events)));
    const ws = await Promise.all(upTo(2 * HALF).map(() => openWs(nginx.origin, { headers: { origin: nginx.origin } })));
    for (const client of ws) client.send({ type: "subscribe", id: 1 });
    await Promise.all(ws.map((client) => client.next()));
    await Promise.all(sse.map((client) => vi.waitFor(() => expect(client.lastId()).toBeDefined(), 10_000)));

    for (const id of upTo(10)) await logs.publish("books.added", { id });
    for (const client of ws) {
      const numbers = (await client.take(10)).map(({ data }) => (data as { id: number }).id);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(upTo(10));
    }
    const heard = await Promise.all(sse.map(async (client) => (await client.take(10)).map(numberOf)));

    const ended = new Set<number>();
    for (const [at, client] of sse.entries()) void client.ended().then(() => ended.add(at));
    await one.gateway.drain({ graceMs: 5_000 });
    await vi.waitFor(() => expect(ended.size).toBe(HALF), 10_000); // the half that it served
    const closed = ws.filter(({ socket }) => socket.readyState !== socket.OPEN);
    expect((await Promise.all(closed.map((client) => client.closed()))).map(({ code }) => code)).toEqual([
      1001, 1001, 1001,
    ]);

    for (const id of upTo(10)) await logs.publish("books.added", { id: 10 + id });
    await Promise.all(
      sse.map(async (client, at) => {
        const here = ended.has(at) ? await openSse(events, { "last-event-id": client.lastId() ?? "" }) : client;
        const all = [...(heard[at] ?? []), ...(await here.take(10)).map(numberOf)];
        expect(all.toSorted((a, b) => a - b)).toEqual(upTo(20));
      }),
    );
  },
  30_000,
);
