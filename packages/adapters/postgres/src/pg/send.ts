import type { QueryConfig, QueryResult } from "pg";
import { beginText, type Isolation, type Statement } from "../connection.ts";
import { BegunQuery } from "./begun-query.ts";
import type { KeyedClient } from "./client.ts";
import { preparedName } from "./prepared-name.ts";

/** `off` behind a pooler that gives a session's statements to whichever server connection is free. */
export type Preparing = "on" | "off";

type Results = QueryResult | QueryResult[];

/** The statement as what is sent one after the other: BEGIN goes by itself where it is not prepared at this connection. */
export function stepsOf(client: KeyedClient, statement: Statement, preparing: Preparing): readonly Statement[] {
  const { begin } = statement;
  if (!begin || preparedAt(client, begin, preparing) !== undefined) return [statement];
  return [
    { text: beginText(begin), kind: "one", prepare: true },
    { ...statement, begin: undefined },
  ];
}

/** Sends a statement, a step of its own, and gives the server's word about it. */
export async function send(client: KeyedClient, statement: Statement, preparing: Preparing): Promise<Results> {
  const { text, kind, begin } = statement;
  if (kind === "script") return client.query(text);
  const config = configOf(statement, preparing);
  const beginName = begin && preparedAt(client, begin, preparing);
  return beginName === undefined ? client.query(config) : sendBegun(client, beginName, config);
}

/** Only the extended protocol holds to one statement; `pg` speaks the simple one to a text without parameters. */
function configOf({ text, params = [], prepare }: Statement, preparing: Preparing): QueryConfig {
  const name = prepare && preparing === "on" ? preparedName(text) : undefined;
  const config: QueryConfig & { readonly queryMode: "extended" } = { text, values: [...params], queryMode: "extended" };
  return name === undefined ? config : { ...config, name };
}

/** The name of BEGIN, once it is prepared at this connection. */
function preparedAt(client: KeyedClient, isolation: Isolation, preparing: Preparing): string | undefined {
  const name = preparing === "on" ? preparedName(beginText(isolation)) : undefined;
  return name !== undefined && client.connection.parsedStatements[name] !== undefined ? name : undefined;
}

async function sendBegun(client: KeyedClient, beginName: string, config: QueryConfig): Promise<Results> {
  const results = await new Promise<Results>((resolve, reject) => {
    const query = new BegunQuery(beginName, config, (error, both) => (error ? reject(error) : resolve(both)));
    client.query(query);
  });
  return Array.isArray(results) ? (results.at(-1) as QueryResult) : results;
}
