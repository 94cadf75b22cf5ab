import { expect } from "vitest";
import { DEVELOPMENT_PASSWORD } from "../../seed/users.ts";
import { type Rest, type RestAnswer, type RestRequest, restOf } from "./rest.ts";

/** The seeded users: `ada` teaches the seeded course, `edsger` another; `alan` and `katherine` attend it, `linus` attends none. */
export const PEOPLE = ["grace", "ada", "edsger", "alan", "katherine", "linus"] as const;

export type Person = (typeof PEOPLE)[number];

export interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** Sends requests as somebody, or as nobody. */
export interface People {
  as(person: Person | "nobody"): Rest;
  /** Sends, and expects a status; gives the `data` of the answer. */
  done<T = Record<string, unknown>>(
    person: Person | "nobody",
    status: number,
    line: string,
    body?: unknown,
  ): Promise<T>;
  readonly tokens: ReadonlyMap<Person, Tokens>;
}

export const emailOf = (person: string): string => `${person}@gradeloop.example`;

/** Logs in everybody who is asked for, at a gateway. */
export async function logIn(gateway: string, people: readonly Person[] = PEOPLE): Promise<People> {
  const rest = restOf(`${gateway}/api/v1`);
  const tokens = new Map<Person, Tokens>();
  await Promise.all(
    people.map(async (person) => {
      const answer = await rest("POST /auth/login", {
        body: { email: emailOf(person), password: DEVELOPMENT_PASSWORD },
      });
      expect(answer).toMatchObject({ status: 200 });
      tokens.set(person, dataOf<Tokens>(answer));
    }),
  );
  const as = (person: Person | "nobody"): Rest => {
    if (person === "nobody") return rest;
    const authorization = `Bearer ${tokens.get(person)?.access_token}`;
    return (line: string, request: RestRequest = {}) =>
      rest(line, { ...request, headers: { authorization, ...request.headers } });
  };
  return {
    as,
    tokens,
    async done(person, status, line, body) {
      const answer = await as(person)(line, body === undefined ? {} : { body });
      expect({ line, status: answer.status, json: answer.json }).toMatchObject({ status });
      return dataOf(answer);
    },
  };
}

export function dataOf<T>({ json }: RestAnswer): T {
  return (json as { data: T } | undefined)?.data as T;
}
