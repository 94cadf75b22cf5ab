export interface RestAnswer {
  readonly status: number;
  /** The parsed body; undefined if there is none. */
  readonly json: unknown;
  readonly headers: Headers;
}

export interface RestRequest {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, as `application/json` unless the headers say otherwise. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends `"POST /users"` and the like to the gateway at an origin. */
export type Rest = (line: string, request?: RestRequest) => Promise<RestAnswer>;

/** No test asks for more patience than this. */
const GIVE_UP_MS = 20_000;

export function restOf(origin: string): Rest {
  return async (line, { body, text = JSON.stringify(body), headers } = {}) => {
    const [method = "GET", path = "/"] = line.split(" ");
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...(text !== undefined && { "content-type": "application/json" }), ...headers },
      ...(text !== undefined && { body: text }),
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    const answer = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return {
      status: response.status,
      json: isJson ? JSON.parse(answer) : answer || undefined,
      headers: response.headers,
    };
  };
}
