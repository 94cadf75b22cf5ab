/** A client on Parley, as the suite's runner wants it: reads calls, makes them, tells what came of each, in any order. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ClientCompatRequest,
  ClientCompatRequestSchema,
  ClientCompatResponseSchema,
} from "../gen/connectrpc/conformance/v1/compat_pb.ts";
import { createChannels } from "./channels.ts";
import { engineOf } from "./engine-of.ts";
import { invoke } from "./invoke.ts";
import { createPemFolder } from "./pem-folder.ts";
import { readMessages, writeMessage } from "./sized-messages.ts";

/** Calls at a time: most of them wait for a timer of the suite's. */
const PARALLEL_CALLS = 8;

type Result = NonNullable<MessageInitShape<typeof ClientCompatResponseSchema>["result"]>;

process.once("SIGTERM", () => process.exit());
const pems = createPemFolder();
const channels = createChannels({ engine: engineOf(process.argv.slice(2)), pems });
const requests = readMessages(ClientCompatRequestSchema, process.stdin);

async function resultOf(request: ClientCompatRequest): Promise<Result> {
  try {
    return { case: "response", value: await invoke(request, channels.channelOf(request)) };
  } catch (error) {
    return { case: "error", value: { message: (error as Error).message } };
  }
}

async function work(): Promise<void> {
  for await (const request of requests) {
    const response = create(ClientCompatResponseSchema, {
      testName: request.testName,
      result: await resultOf(request),
    });
    writeMessage(ClientCompatResponseSchema, response, process.stdout);
  }
}

await Promise.all(Array.from({ length: PARALLEL_CALLS }, work));
await channels.close();
