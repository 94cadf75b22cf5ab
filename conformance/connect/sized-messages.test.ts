import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ClientErrorResultSchema } from "../gen/connectrpc/conformance/v1/compat_pb.ts";
import { readMessages, writeMessage } from "./sized-messages.ts";

async function written(...texts: string[]): Promise<Buffer> {
  const pipe = new PassThrough();
  for (const message of texts)
    writeMessage(ClientErrorResultSchema, create(ClientErrorResultSchema, { message }), pipe);
  pipe.end();
  return buffer(pipe);
}

async function read(chunks: readonly Buffer[]): Promise<string[]> {
  const messages = readMessages(ClientErrorResultSchema, Readable.from(chunks));
  return (await Array.fromAsync(messages)).map(({ message }) => message);
}

test("messages come out as they went in, however the pipe cuts them", async () => {
  const bytes = await written("one", "", "three");
  expect(await read([bytes])).toEqual(["one", "", "three"]);
  expect(await read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(["one", "", "three"]);
});

test("a pipe that ends within a message is an error", async () => {
  await expect(read([(await written("one")).subarray(0, -1)])).rejects.toThrow("within a message");
});
