import { WebSocket } from "ws";

export interface LiveEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** Events as they come, until it is disposed of. */
export interface LiveClient extends AsyncDisposable {
  readonly events: LiveEvent[];
}

interface Listen {
  readonly token: string;
  readonly events?: readonly string[];
  readonly resources?: readonly string[];
}

/** Server-sent events by `fetch`, as browsers read them. Resolves when the stream has begun. */
export async function listenSse(
  gateway: string,
  { token, events: names = [], resources = [], after }: Listen & { readonly after?: string },
): Promise<LiveClient> {
  const query = new URLSearchParams();
  if (names.length > 0) query.set("events", names.join(","));
  if (resources.length > 0) query.set("resources", resources.join(","));
  const controller = new AbortController();
  const response = await fetch(`${gateway}/api/v1/events?${query}`, {
    headers: { authorization: `Bearer ${token}`, ...(after && { "last-event-id": after }) },
    signal: controller.signal,
  });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  const events: LiveEvent[] = [];
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const begun = Promise.withResolvers<void>();
  const reading = (async () => {
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const fieldOf = (name: string) =>
          block
            .split("\n")
            .find((line) => line.startsWith(`${name}: `))
            ?.slice(name.length + 2);
        const data = fieldOf("data");
        // The first id says where the stream stands: from here on nothing is missed.
        if (fieldOf("id") !== undefined) begun.resolve();
        if (data !== undefined)
          events.push({ ...(JSON.parse(data) as LiveEvent), event: fieldOf("event") ?? "", id: fieldOf("id") ?? "" });
      }
    }
  })().catch((error: unknown) => {
    begun.reject(error);
    if (!controller.signal.aborted) throw error;
  });
  await begun.promise;
  return {
    events,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await reading;
    },
  };
}

/** Events over a WebSocket, with the token where a page can put it. Resolves when the subscription stands. */
export async function listenWs(
  gateway: string,
  { token, events: names = [], resources = [] }: Listen,
): Promise<LiveClient> {
  const socket = new WebSocket(`${gateway.replace("http", "ws")}/api/v1/ws`, ["parley.v1", `bearer.${token}`]);
  const events: LiveEvent[] = [];
  const subscribed = Promise.withResolvers<void>();
  socket.on("open", () => socket.send(JSON.stringify({ type: "subscribe", id: 1, events: names, resources })));
  socket.on("error", subscribed.reject);
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as { type: string } & LiveEvent;
    if (message.type === "subscribed") subscribed.resolve();
    else if (message.type === "event") events.push(message);
    else if (message.type === "error") subscribed.reject(new Error(String(data)));
  });
  await subscribed.promise;
  return {
    events,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve());
        socket.close();
      }),
  };
}
