import pg from "pg";
import {
  attributesOf,
  type ConnectPeer,
  createEchoes,
  DATA_ALONE,
  encodeEvent,
  type SampleEvent,
  sampleEvent,
} from "../peer.ts";

/** A table as a queue, by hand: an insert per event; whoever reads takes a batch with SKIP LOCKED and deletes it. */
export const connect: ConnectPeer = async (connectionString, { topic, concurrency, variant }) => {
  const pool = new pg.Pool({ connectionString, max: 10 });
  pool.on("error", () => {});
  const table = pg.escapeIdentifier(topic);
  await pool.query(`CREATE TABLE ${table} (id bigserial PRIMARY KEY, attributes text, data text NOT NULL)`);
  const echoes = createEchoes();
  let isOpen = true;
  const take = `DELETE FROM ${table} WHERE id IN
    (SELECT id FROM ${table} ORDER BY id LIMIT ${concurrency} FOR UPDATE SKIP LOCKED) RETURNING attributes, data`;
  const reading = (async () => {
    while (isOpen) {
      const { rows } = await pool.query<{ data: string }>(take);
      for (const { data } of rows) echoes.heard((JSON.parse(data) as SampleEvent).assignment_id);
      if (rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const insert = `INSERT INTO ${table} (attributes, data) VALUES ($1, $2)`;
  const send = (id: number): Promise<unknown> => {
    const event = sampleEvent(id);
    const attributes =
      variant === DATA_ALONE ? null : JSON.stringify(Object.fromEntries(attributesOf(topic, event, "")));
    return pool.query({
      name: "insert",
      text: insert,
      values: [attributes, Buffer.from(encodeEvent(event)).toString()],
    });
  };
  return {
    roundTrip: () => echoes.roundTrip(send),
    async close() {
      isOpen = false;
      await reading;
      await pool.query(`DROP TABLE ${table}`);
      await pool.end();
    },
  };
};
