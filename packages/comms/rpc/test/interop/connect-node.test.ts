import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createClient as createConnectClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { ParleyError } from "@parley/core";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { type EchoRequest, EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rig.end();
});

const LARGE = "x".repeat(1_000_000);

/** The streaming methods, alike on both servers. */
const STREAMS = {
  async *expand({ text, count }: EchoRequest) {
    for (let index = 0; index < count; index++) yield { text, index };
  },
  async collect(requests: AsyncIterable<EchoRequest>) {
    let text = "";
    for await (const each of requests) text += each.text;
    return { text };
  },
  async *chat(requests: AsyncIterable<EchoRequest>) {
    for await (const { text } of requests) yield { text: text.toUpperCase() };
  },
};

async function* texts(...all: string[]) {
  for (const text of all) yield { text };
}

describe("a connect-node client and our server", () => {
  const connectTo = async () => {
    const { target } = await rig.serve({
      compression: "gzip",
      services: [
        echoing({
          echo({ text }, { responseHeader, responseTrailer, header }) {
            if (text === "missing") throw new ParleyError("NOT_FOUND", "thing “ü” not found");
            responseHeader.set("x-header", header.get("x-request") ?? "none");
            responseTrailer.set("x-trailer-bin", new Uint8Array([0, 255, 7]));
            return { text };
          },
          read: ({ text }, { signal }) =>
            new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))).then(
              () => ({
                text,
              }),
            ),
          ...STREAMS,
        }),
      ],
    });
    return createConnectClient(EchoService, createGrpcTransport({ baseUrl: `http://${target}` }));
  };

  test("unary, with metadata both ways and a large message", async () => {
    const client = await connectTo();
    const seen: (string | null)[] = [];
    const { text } = await client.echo(
      { text: LARGE },
      {
        headers: { "x-request": "hello" },
        onHeader: (headers) => void seen.push(headers.get("x-header")),
        onTrailer: (trailers) => void seen.push(trailers.get("x-trailer-bin")),
      },
    );
    expect(text).toBe(LARGE);
    expect(seen).toEqual(["hello", "AP8H"]);
  });

  test("an error with its message, and a deadline", async () => {
    const client = await connectTo();
    const error = await client.echo({ text: "missing" }).catch((thrown: unknown) => ConnectError.from(thrown));
    expect(error).toMatchObject({ code: Code.NotFound, rawMessage: "thing “ü” not found" });
    const late = await client.read({}, { timeoutMs: 50 }).catch((thrown: unknown) => ConnectError.from(thrown));
    expect(late).toMatchObject({ code: Code.DeadlineExceeded });
  });

  test("streams in every direction", async () => {
    const client = await connectTo();
    const expanded = await Array.fromAsync(client.expand({ text: "a", count: 3 }), ({ index }) => index);
    expect(expanded).toEqual([0, 1, 2]);
    expect((await client.collect(texts("a", "b", "c"))).text).toBe("abc");
    expect(await Array.fromAsync(client.chat(texts("a", "b")), ({ text }) => text)).toEqual(["A", "B"]);
  });
});

describe("our client and a connect-node server", () => {
  const connectTo = async () => {
    const server = createHttp2Server(
      connectNodeAdapter({
        routes: (router) =>
          router.service(EchoService, {
            echo({ text }, { responseHeader, responseTrailer, requestHeader }) {
              if (text === "missing") throw new ConnectError("thing “ü” not found", Code.NotFound);
              responseHeader.set("x-header", requestHeader.get("x-request") ?? "none");
              responseTrailer.set("x-trailer", "kept");
              return { text };
            },
            read: (_request, { signal }) =>
              new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
            ...STREAMS,
          }),
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const channel = rig.open({ target: `127.0.0.1:${port}`, policy: policyWith({ retry: NO_RETRY }) });
    closing.push(() => channel.close({ graceMs: 0 })); // before the server, which waits for its connections
    return createClient(EchoService, channel);
  };

  test("unary, with metadata both ways and a large message", async () => {
    const client = await connectTo();
    const seen: (string | undefined)[] = [];
    const { text } = await client.echo(
      { text: LARGE },
      {
        onHeader: (header) => void seen.push(header.get("x-header")),
        onTrailer: (trailer) => void seen.push(trailer.get("x-trailer")),
      },
    );
    expect(text).toBe(LARGE);
    expect(seen).toEqual(["none", "kept"]);
  });

  test("an error with its message, and a deadline", async () => {
    const client = await connectTo();
    await expect(client.echo({ text: "missing" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "thing “ü” not found",
    });
    await expect(client.read({}, { timeoutMs: 50 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  test("streams in every direction", async () => {
    const client = await connectTo();
    expect(await Array.fromAsync(client.expand({ text: "a", count: 3 }), ({ index }) => index)).toEqual([0, 1, 2]);
    expect((await client.collect(texts("a", "b", "c"))).text).toBe("abc");
    expect(await Array.fromAsync(client.chat(texts("a", "b")), ({ text }) => text)).toEqual(["A", "B"]);
  });
});
