import pg from "pg";
import { type ConnectPeer, createEchoes, encodeEvent, type SampleEvent, sampleEvent } from "../peer.ts";

/** A table as a queue, by hand: an insert per event; whoever reads takes a batch with SKIP LOCKED and deletes it. */
export const connect: ConnectPeer = async (connectionString, { topic, concurrency }) => {
  const pool = new pg.Pool({ connectionString, max: 10 });
  pool.on("error", () => {});
  const table = pg.escapeIdentifier(topic);
  await pool.query(`CREATE TABLE ${table} (id bigserial PRIMARY KEY, data text NOT NULL)`);
  const echoes = createEchoes();
  let isOpen = true;
  const take = `DELETE FROM ${table} WHERE id IN
    (SELECT id FROM ${table} ORDER BY id LIMIT ${concurrency} FOR UPDATE SKIP LOCKED) RETURNING data`;
  const reading = (async () => {
    while (isOpen) {
      const { rows } = await pool.query<{ data: string }>(take);
      for (const { data } of rows) echoes.heard((JSON.parse(data) as SampleEvent).assignment_id);
      if (rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const insert = `INSERT INTO ${table} (data) VALUES ($1)`;
  return {
    roundTrip: () =>
      echoes.roundTrip((id) =>
        pool.query({ name: "insert", text: insert, values: [Buffer.from(encodeEvent(sampleEvent(id))).toString()] }),
      ),
    async close() {
      isOpen = false;
      await reading;
      await pool.query(`DROP TABLE ${table}`);
      await pool.end();
    },
  };
};
