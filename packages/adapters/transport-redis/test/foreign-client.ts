import type { ForeignClient } from "@parley/transport/testing";
import { createClient } from "@redis/client";

/** A plain client that knows the name of the topic and nothing else. */
export function foreignClient(url: string): ForeignClient {
  return {
    async publish(topic, body) {
      const client = await createClient({ url }).connect();
      await client.xAdd(topic, "*", { data: body });
      await client.close();
    },
    read(topic, count) {
      const ready = Promise.withResolvers<void>();
      const bodies = (async () => {
        const client = await createClient({ url }).connect();
        const [last] = (await client.xRevRange(topic, "+", "-", { COUNT: 1 })) ?? [];
        let id = last?.id ?? "0-0";
        ready.resolve();
        const got: string[] = [];
        while (got.length < count) {
          const reply = await client.sendCommand<Record<string, [string, string[]][]> | null>([
            "XREAD",
            "BLOCK",
            "1000",
            "STREAMS",
            topic,
            id,
          ]);
          for (const [entryId, fields] of reply?.[topic] ?? []) {
            id = entryId;
            got.push(fields[fields.indexOf("data") + 1] ?? "");
          }
        }
        await client.close();
        return got.slice(0, count);
      })();
      bodies.catch(ready.reject);
      return { ready: ready.promise, bodies };
    },
  };
}
