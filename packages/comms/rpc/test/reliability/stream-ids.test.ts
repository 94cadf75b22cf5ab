import { connect } from "node:net";
import { systemClock } from "@parley/core";
import { DEFAULT_LIMITS, dialSocketHttp2, MAX_STREAM_ID, SocketClientConnection } from "@parley/wire/internal/http2";
import { Notes, REQUEST, socketServer } from "@parley/wire/testing";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import type { Connect } from "../../src/connection/connection.ts";
import { GrpcConnection } from "../../src/connection/grpc-connection.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing, NO_RETRY, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(() => rig.end());

/** A connection that has used up its ids after so many calls. */
const connectFor =
  (maxCalls: number, opened: string[]): Connect =>
  async (options, signal) => {
    const { host, port } = options.address;
    opened.push(host);
    const connection = new GrpcConnection(options, `${host}:${port}`, maxCalls);
    const { dialTimeoutMs: timeoutMs, clock } = options;
    const dialled = { host, port, tls: undefined, timeoutMs, maxHeaderBytes: 16_384, clock, events: connection };
    return connection.start(await dialSocketHttp2(dialled, signal));
  };

test("calls go on over new connections when the stream ids of one are used up, and none is lost", async () => {
  const { target } = await rig.serve({ services: [echoing()] });
  const opened: string[] = [];
  const channel = rig.open({ target, connect: connectFor(3, opened), policy: policyWith({ retry: NO_RETRY }) });
  const client = createClient(EchoService, channel);
  for (let call = 0; call < 7; call++) expect((await client.echo({ text: String(call) })).text).toBe(String(call));
  expect(opened).toHaveLength(3);
  const texts = Array.from({ length: 20 }, (_, call) => String(call));
  const answers = await Promise.all(texts.map((text) => client.echo({ text })));
  expect(answers.map(({ text }) => text)).toEqual(texts);
});

test("the last id of a connection is used, and the stream after it is refused, so that it may be sent elsewhere", async () => {
  const { server, port } = await socketServer();
  const socket = connect({ port, host: "127.0.0.1" });
  const ready = Promise.withResolvers<void>();
  const connection = new SocketClientConnection(
    { socket, limits: DEFAULT_LIMITS, clock: systemClock },
    { onMaxStreams: () => ready.resolve(), onGoaway() {}, onClose() {} },
    MAX_STREAM_ID,
  );
  await ready.promise;
  const [last, beyond] = [new Notes(), new Notes()];
  connection.open(REQUEST, [], last).end();
  connection.open(REQUEST, [], beyond).end();
  await last.until(() => last.find("end"));
  await beyond.until(() => beyond.find("reset"));
  expect(beyond.told).toEqual([{ reset: { by: "peer", code: 7 } }]);
  connection.destroy("the test is over");
  server.destroy();
  await server.drain();
});
