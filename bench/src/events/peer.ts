/** One side of the comparison, connected to a broker: sends events and hears them again in a group of its own. */
export interface EventPeer {
  /** Sends one event and resolves when its handler has run. Many may be on their way at once. */
  roundTrip(): Promise<void>;
  close(): Promise<void>;
}

export type ConnectPeer = (url: string, settings: PeerSettings) => Promise<EventPeer>;

export interface PeerSettings {
  /** A topic that nobody else has. */
  readonly topic: string;
  /** Handlers at once. */
  readonly concurrency: number;
  /** Which of its ways a peer goes, where it has several. */
  readonly variant: string;
  /** A database of its own, for those that keep something there. */
  readonly databaseUrl: string;
}

export interface SampleEvent {
  readonly assignment_id: number;
  readonly course_id: number;
  readonly title: string;
  readonly due_date: string;
}

/** What an event of gradeloop looks like; the id tells the round trips apart. */
export function sampleEvent(id: number): SampleEvent {
  return {
    assignment_id: id,
    course_id: id % 64,
    title: "Compare the growth of two sorting algorithms",
    due_date: "2030-01-31T12:00:00Z",
  };
}

/** With `data`, a plain client sends the event's data and nothing else; by default the whole message, as Parley does. */
export const DATA_ALONE = "data";

/** The attributes of an event as a program writes them that has no library for CloudEvents; the names with its broker's prefix. */
export function attributesOf(topic: string, event: SampleEvent, prefix: string): [name: string, value: string][] {
  return [
    ["content-type", "application/json"],
    [`${prefix}specversion`, "1.0"],
    [`${prefix}id`, `bench-${event.assignment_id}`],
    [`${prefix}source`, "/bench"],
    [`${prefix}type`, topic],
    [`${prefix}time`, new Date().toISOString()],
    [`${prefix}partitionkey`, String(event.course_id)],
  ];
}

/** Matches what is heard to what was sent. */
export function createEchoes() {
  const waiting = new Map<number, Echo>();
  let nextId = 1;
  return {
    /** Sends with a fresh id; resolves when that was both sent and heard. */
    roundTrip(send: (id: number) => Promise<unknown>): Promise<void> {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const echo = new Echo(resolve);
        waiting.set(id, echo);
        send(id).then(() => echo.half(), reject);
      });
    },
    heard(id: number): void {
      const echo = waiting.get(id);
      waiting.delete(id);
      echo?.half();
    },
  };
}

/** Lets go of what waits for it when it is whole: a map that members come and go from keeps them up to a full collection. */
class Echo {
  #resolve: (() => void) | undefined;
  #halves = 0;

  constructor(resolve: () => void) {
    this.#resolve = resolve;
  }

  half(): void {
    this.#halves += 1;
    if (this.#halves < 2) return;
    this.#resolve?.();
    this.#resolve = undefined;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const encodeEvent = (event: SampleEvent): Uint8Array => encoder.encode(JSON.stringify(event));
export const decodeEvent = (data: Uint8Array): SampleEvent => JSON.parse(decoder.decode(data)) as SampleEvent;
