/** How elements of a stream and its end are written. */
export interface StreamFormat {
  readonly contentType: string;
  element(content: string | Uint8Array): string | Uint8Array;
  /** Written when nothing was sent for a while; undefined if the format has nothing to say then. */
  readonly heartbeat: string | undefined;
  /** Written after the last element. */
  readonly end: string;
  /** Written in place of the end when the stream failed. */
  failure(json: string): string;
  /**
   * What follows a failure: `cut` breaks the connection off, so that no reader takes what it has for the whole; `end` is
   * enough where the failure has an event of its own.
   */
  readonly afterFailure: "cut" | "end";
}

/** One JSON value per line; a failure is a last line `{"error": …}`, and the response is left unfinished. */
const NDJSON: StreamFormat = {
  contentType: "application/x-ndjson; charset=utf-8",
  element: (json) => `${json}\n`,
  heartbeat: undefined,
  end: "",
  failure: (json) => `${json}\n`,
  afterFailure: "cut",
};

/**
 * Server-sent events (the HTML standard). Elements are plain messages; `event: end` says that the stream is complete,
 * so that a page closes its EventSource instead of connecting again; `event: error` carries a failure.
 */
const EVENT_STREAM: StreamFormat = {
  contentType: "text/event-stream; charset=utf-8",
  element: (json) => `data: ${json}\n\n`,
  heartbeat: ":\n\n",
  end: "event: end\ndata: {}\n\n",
  failure: (json) => `event: error\ndata: ${json}\n\n`,
  afterFailure: "end",
};

/** A stream of `google.api.HttpBody`: its bytes one after the other, as a download is. A failure has no place in them. */
export function rawFormat(contentType: string): StreamFormat {
  return {
    contentType,
    element: (content) => content,
    heartbeat: undefined,
    end: "",
    failure: () => "",
    afterFailure: "cut",
  };
}

/** Server-sent events for who asks for them; else NDJSON, which any client can read line by line. */
export function streamFormatFor(accept: string | undefined): StreamFormat {
  return accept?.toLowerCase().includes("text/event-stream") ? EVENT_STREAM : NDJSON;
}
