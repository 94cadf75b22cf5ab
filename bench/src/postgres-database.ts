import pg from "pg";

/** A database that is made anew for a benchmark, and dropped after it. */
export interface BenchDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export async function newDatabase(postgresUrl: string, name: string): Promise<BenchDatabase> {
  const drop = () => administer(postgresUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await drop();
  await administer(postgresUrl, `CREATE DATABASE ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
