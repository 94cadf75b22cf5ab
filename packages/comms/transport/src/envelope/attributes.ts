import type { Envelope } from "./envelope.ts";

/** What stands in where a message says nothing: plain clients of a broker publish bare bodies. */
export interface ExternalMessageDefaults {
  /** The name of the transport, for the source `foreign:<transport>`. */
  readonly transport: string;
  /** The same at each delivery, so that repeats are known: the message's place at the broker, such as `stream/17`. */
  readonly id: string;
  readonly receivedAtMs: number;
  readonly key?: string | undefined;
}

const EXTENSION_NAME = /^[a-z0-9]+$/;

/** Gathers the attributes of one message, by their names in the specification. */
export class Attributes {
  #id: string | undefined;
  #source: string | undefined;
  #type: string | undefined;
  #time: string | undefined;
  #subject: string | undefined;
  #key: string | undefined;
  #schema: string | undefined;
  /** Of the data, where it stands among the attributes: in structured mode. */
  contentType: string | undefined;
  readonly extensions: Record<string, string> = {};

  set(attribute: string, value: string): void {
    switch (attribute) {
      case "id":
        this.#id = value;
        break;
      case "source":
        this.#source = value;
        break;
      case "type":
        this.#type = value;
        break;
      case "time":
        this.#time = value;
        break;
      case "subject":
        this.#subject = value;
        break;
      case "partitionkey":
        this.#key = value;
        break;
      case "dataschema":
        this.#schema = value;
        break;
      case "datacontenttype":
        this.contentType = value;
        break;
      case "specversion":
        break;
      default:
        if (EXTENSION_NAME.test(attribute)) this.extensions[attribute] = value;
    }
  }

  /** What is missing or malformed is filled from `defaults`. */
  toEnvelope(topic: string, contentType: string, data: Uint8Array, defaults: ExternalMessageDefaults): Envelope {
    const timeMs = this.#time === undefined ? Number.NaN : Date.parse(this.#time);
    return {
      id: this.#id || defaults.id,
      source: this.#source || `foreign:${defaults.transport}`,
      type: this.#type || topic,
      timeMs: Number.isNaN(timeMs) ? defaults.receivedAtMs : timeMs,
      subject: this.#subject,
      key: this.#key ?? defaults.key,
      contentType,
      schema: this.#schema,
      extensions: this.extensions,
      data,
    };
  }
}
