import { DEVELOPMENT_PASSWORD } from "../../systems/gradeloop/seed/users.ts";

const LIMIT_MS = 30_000;
const COUNT = 3;

/** Users with orders, so that the first pages of lists have something to follow links from. */
export async function makeOrders(origin: string): Promise<void> {
  for (let user = 1; user <= COUNT; user++) {
    await post(`${origin}/users`, { name: "Ada", email: `ada${user}@example.com` });
    await post(`${origin}/orders`, { userId: user, items: [{ productName: "Laptop", quantity: 1, price: 999.99 }] });
  }
}

/** Logs a seeded user of gradeloop in. @returns the header that their requests carry. */
export async function logIn(origin: string, email: string): Promise<string> {
  const answer = (await post(`${origin}/api/v1/auth/login`, { email, password: DEVELOPMENT_PASSWORD })) as {
    readonly data: { readonly access_token: string };
  };
  return `Authorization: Bearer ${answer.data.access_token}`;
}

async function post(url: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
