import type { RealtimeEvent } from "../../realtime/options.ts";
import { failures, LIVE_STATUSES } from "./error-responses.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { OperationContext } from "./openapi-operation.ts";

const TAG = "Live events";
const RESOURCES = "Subjects, each with everything below it: `courses/7` takes in `courses/7/assignments/3`.";

export interface LiveDocumentOptions {
  readonly basePath: string;
  /** What clients may ask for. */
  readonly events: readonly RealtimeEvent[];
}

/** The two paths of live events, and the schema of what they carry: one alternative for each event. */
export function describeLive({ basePath, events }: LiveDocumentOptions, context: OperationContext): JsonSchema {
  const names = events.map(({ event }) => event.name);
  const alternatives = events.map(({ event }) => liveSchema(event.name, context.schemas.message(event.schema)));
  return {
    [`${basePath}/events`]: { get: eventStream(names, { oneOf: [...alternatives, RESET] }, context) },
    [`${basePath}/ws`]: { get: webSocket(context) },
  };
}

/** The data of an `event: reset`: events may be missing, so the client reads anew. */
const RESET: JsonSchema = {
  type: "object",
  properties: { code: { type: "string" }, reason: { type: "string" } },
  required: ["code", "reason"],
};

/** One live event as clients read it. */
function liveSchema(name: string, data: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: {
      event: { type: "string", const: name },
      time: { type: "string", format: "date-time" },
      subject: { type: "string", description: "What it is about; absent if it is about nothing in particular." },
      data,
    },
    required: ["event", "time", "data"],
  };
}

function eventStream(names: readonly string[], data: JsonSchema, context: OperationContext): JsonSchema {
  return {
    operationId: "live_events",
    tags: [TAG],
    summary: "Hears events as they happen, as server-sent events.",
    parameters: [
      listParameter("events", "Names of events. Default all that may be seen.", { type: "string", enum: names }),
      listParameter("resources", RESOURCES, { type: "string" }),
      {
        name: "Last-Event-ID",
        in: "header",
        description: "The last id that was seen: what happened since comes first.",
        schema: { type: "string" },
      },
    ],
    responses: {
      200: {
        description:
          "Events without end. The schema is that of the `data` of each; the last alternative is that of an `event: reset`, which says that some may be missing.",
        content: { "text/event-stream": { schema: data } },
      },
      ...failures(LIVE_STATUSES),
    },
    ...security(context),
  };
}

function webSocket(context: OperationContext): JsonSchema {
  return {
    operationId: "live_ws",
    tags: [TAG],
    summary: "The same over a WebSocket, where a client can change what it listens to.",
    description:
      'Subscriptions are made by messages: `{"type": "subscribe", "id": 1, "events": […], "resources": […]}`. A page offers its token as a second protocol, `bearer.<token>`, after `parley.v1`.',
    responses: {
      101: { description: "The connection is a WebSocket from here on." },
      ...failures([...LIVE_STATUSES, 426]),
    },
    ...security(context),
  };
}

function listParameter(name: string, description: string, items: JsonSchema): JsonSchema {
  // Members joined by commas: `style: form` without `explode`.
  return { name, in: "query", description, style: "form", explode: false, schema: { type: "array", items } };
}

function security({ security: asked }: OperationContext): JsonSchema {
  return asked === "token" ? { security: [{ bearer: [] }] } : {};
}
