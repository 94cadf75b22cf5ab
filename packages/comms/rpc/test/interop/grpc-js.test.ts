import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { ParleyError } from "@parley/core";
import { afterEach, describe, expect, test } from "vitest";
import { createServer, type RpcServer } from "../../src/create-server.ts";
import { implement } from "../../src/server/implement.ts";
import {
  type EchoRequest,
  EchoRequestSchema,
  type EchoResponse,
  EchoResponseSchema,
  EchoService,
} from "../gen/parley/test/v1/echo_pb.ts";
import { collect, connect, failureOf, streaming, unary } from "../support/connection.ts";

const writer = (schema: DescMessage) => (message: Message) => Buffer.from(toBinary(schema, message));
const reader =
  <T extends Message>(schema: DescMessage) =>
  (bytes: Buffer) =>
    fromBinary(schema, bytes) as T;

const definitions = Object.fromEntries(
  EchoService.methods.map((method) => [
    method.localName,
    {
      path: `/${EchoService.typeName}/${method.name}`,
      requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
      requestSerialize: writer(method.input),
      requestDeserialize: reader(method.input),
      responseSerialize: writer(method.output),
      responseDeserialize: reader(method.output),
    },
  ]),
);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const request = (fields: MessageInitShape<typeof EchoRequestSchema>) => create(EchoRequestSchema, fields);
const response = (fields: MessageInitShape<typeof EchoResponseSchema>) => create(EchoResponseSchema, fields);

describe("a grpc-js client and our server", () => {
  const serve = async (): Promise<{ client: grpc.Client; server: RpcServer }> => {
    const server = createServer({
      compression: "gzip",
      services: [
        implement(EchoService, {
          echo({ text, payload }, context) {
            if (text === "missing") {
              context.responseTrailer.set("x-trailer", "kept");
              throw new ParleyError("NOT_FOUND", "thing “ü” not found, 100%");
            }
            context.responseHeader.set("x-header", context.header.get("x-request") ?? "none");
            context.responseTrailer.set("x-trailer-bin", new Uint8Array([0, 255, 7]));
            return { text, payload };
          },
          read: ({ text }) => ({ text }),
          async *expand({ text, count }) {
            for (let index = 0; index < count; index++) yield { text, index };
          },
          async collect(requests) {
            let text = "";
            for await (const each of requests) text += each.text;
            return { text };
          },
          async *chat(requests) {
            for await (const { text } of requests) yield { text: text.toUpperCase() };
          },
        }),
      ],
    });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    closing.push(
      () => server.drain({ graceMs: 1_000 }),
      () => client.close(),
    );
    return { client, server };
  };

  const unaryCall = (client: grpc.Client, message: EchoRequest, metadata = new grpc.Metadata()) => {
    const { promise, resolve, reject } = Promise.withResolvers<EchoResponse>();
    const call = client.makeUnaryRequest(
      `/${EchoService.typeName}/Echo`,
      writer(EchoRequestSchema),
      reader<EchoResponse>(EchoResponseSchema),
      message,
      metadata,
      { deadline: Date.now() + 5_000 },
      (error, value) => (error ? reject(error) : resolve(value as EchoResponse)),
    );
    return { call, promise };
  };

  test("unary, with metadata both ways", async () => {
    const { client } = await serve();
    const metadata = new grpc.Metadata();
    metadata.set("x-request", "hello");
    const { call, promise } = unaryCall(client, request({ text: "a" }), metadata);
    const header = new Promise<grpc.Metadata>((resolve) => call.on("metadata", resolve));
    const status = new Promise<grpc.StatusObject>((resolve) => call.on("status", resolve));
    expect((await promise).text).toBe("a");
    expect((await header).get("x-header")).toEqual(["hello"]);
    expect((await status).metadata.get("x-trailer-bin")).toEqual([Buffer.from([0, 255, 7])]);
  });

  test("an error with its message and trailers", async () => {
    const { client } = await serve();
    const error = (await failureOf(
      unaryCall(client, request({ text: "missing" })).promise,
    )) as unknown as grpc.ServiceError;
    expect(error.code).toBe(grpc.status.NOT_FOUND);
    expect(error.details).toBe("thing “ü” not found, 100%");
    expect(error.metadata.get("x-trailer")).toEqual(["kept"]);
  });

  test("a compressed reply", async () => {
    const { client } = await serve();
    const payload = new Uint8Array(100_000).fill(7);
    const { payload: answered } = await unaryCall(client, request({ payload })).promise;
    expect(Buffer.compare(answered, payload)).toBe(0);
  });

  test("an unknown method", async () => {
    const { client } = await serve();
    const { promise, resolve } = Promise.withResolvers<grpc.ServiceError | null>();
    client.makeUnaryRequest("/no.Service/No", writer(EchoRequestSchema), Buffer.from, request({}), resolve);
    expect((await promise)?.code).toBe(grpc.status.UNIMPLEMENTED);
  });

  test("streams in each direction", async () => {
    const { client } = await serve();
    const write = writer(EchoRequestSchema);
    const read = reader<EchoResponse>(EchoResponseSchema);
    const expand = client.makeServerStreamRequest(
      `/${EchoService.typeName}/Expand`,
      write,
      read,
      request({ text: "x", count: 500 }),
    );
    expect((await collect<EchoResponse>(expand)).map(({ index }) => index)).toEqual(
      Array.from({ length: 500 }, (_, index) => index),
    );

    const collected = Promise.withResolvers<EchoResponse | undefined>();
    const upload = client.makeClientStreamRequest(`/${EchoService.typeName}/Collect`, write, read, (error, value) =>
      error ? collected.reject(error) : collected.resolve(value),
    );
    for (const text of ["a", "b", "c"]) upload.write(request({ text }));
    upload.end();
    expect((await collected.promise)?.text).toBe("abc");

    const chat = client.makeBidiStreamRequest(`/${EchoService.typeName}/Chat`, write, read);
    chat.write(request({ text: "one" }));
    chat.write(request({ text: "two" }));
    chat.end();
    expect((await collect<EchoResponse>(chat)).map(({ text }) => text)).toEqual(["ONE", "TWO"]);
  });

  test("a drain lets the call in flight finish", async () => {
    const { client, server } = await serve();
    const chat = client.makeBidiStreamRequest(
      `/${EchoService.typeName}/Chat`,
      writer(EchoRequestSchema),
      reader<EchoResponse>(EchoResponseSchema),
    );
    chat.write(request({ text: "one" }));
    await new Promise((resolve) => chat.once("data", resolve));
    const drained = server.drain({ graceMs: 5_000 });
    chat.write(request({ text: "two" }));
    chat.end();
    expect((await collect<EchoResponse>(chat)).map(({ text }) => text)).toEqual(["TWO"]);
    expect(await drained).toBe("drained");
  });
});

describe("our connection and a grpc-js server", () => {
  const serve = async (options: grpc.ServerOptions = {}) => {
    const server = new grpc.Server(options);
    server.addService(definitions as grpc.ServiceDefinition, {
      echo(call: grpc.ServerUnaryCall<EchoRequest, EchoResponse>, callback: grpc.sendUnaryData<EchoResponse>) {
        const { text, payload } = call.request;
        if (text === "slow") return;
        if (text === "missing") {
          const metadata = new grpc.Metadata();
          metadata.set("x-trailer", "kept");
          return callback({ code: grpc.status.NOT_FOUND, details: "thing “ü” not found", metadata });
        }
        callback(null, response({ text: String(call.metadata.get("x-request")[0] ?? text), payload }));
      },
      read: () => {},
      expand(call: grpc.ServerWritableStream<EchoRequest, EchoResponse>) {
        for (let index = 0; index < call.request.count; index++) call.write(response({ index }));
        call.end();
      },
      collect(call: grpc.ServerReadableStream<EchoRequest, EchoResponse>, callback: grpc.sendUnaryData<EchoResponse>) {
        void collect<EchoRequest>(call).then((all) =>
          callback(null, response({ text: all.map(({ text }) => text).join("") })),
        );
      },
      chat(call: grpc.ServerDuplexStream<EchoRequest, EchoResponse>) {
        call.on("data", ({ text }: EchoRequest) => call.write(response({ text: text.toUpperCase() })));
        call.on("end", () => call.end());
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const connection = await connect(port, { compression: "gzip" });
    closing.push(
      () => server.forceShutdown(),
      () => connection.close({ graceMs: 0 }),
    );
    return { server, connection };
  };

  test("unary, plain and compressed", async () => {
    const { connection } = await serve();
    const payload = new Uint8Array(100_000).fill(7);
    const { message } = await unary(connection, { text: "a", payload });
    expect(message.text).toBe("a");
    expect(Buffer.compare(message.payload, payload)).toBe(0);
  });

  test("an error with its message and trailers", async () => {
    const { connection } = await serve();
    const error = await failureOf(unary(connection, { text: "missing" }));
    expect(error).toMatchObject({ code: "NOT_FOUND", message: "thing “ü” not found" });
  });

  test("streams in each direction", async () => {
    const { connection } = await serve();
    const expanded = await streaming(connection, "expand", [{ count: 500 }]);
    expect(await collect(expanded.messages)).toHaveLength(500);
    const collected = await streaming(connection, "collect", [{ text: "a" }, { text: "b" }]);
    expect((await collect(collected.messages)).map(({ text }) => text)).toEqual(["ab"]);
    const chat = await streaming(connection, "chat", [{ text: "a" }, { text: "b" }]);
    expect((await collect(chat.messages)).map(({ text }) => text)).toEqual(["A", "B"]);
  });

  test("a graceful shutdown lets the call in flight finish", async () => {
    const { connection, server } = await serve();
    const { promise: more, resolve } = Promise.withResolvers<void>();
    async function* requests() {
      yield { text: "one" };
      await more;
      yield { text: "two" };
    }
    const chat = await streaming(connection, "chat", requests());
    const messages = chat.messages[Symbol.asyncIterator]();
    expect((await messages.next()).value).toMatchObject({ text: "ONE" });
    const shutDown = new Promise((done) => server.tryShutdown(done));
    expect(await connection.closed).toEqual({ reason: "the server is going away" });
    expect(await failureOf(unary(connection))).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
    resolve();
    expect((await messages.next()).value).toMatchObject({ text: "TWO" });
    expect((await messages.next()).done).toBe(true);
    await shutDown;
  });
});
