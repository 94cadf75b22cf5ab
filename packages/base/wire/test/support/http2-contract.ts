import { afterEach, describe, expect, test } from "vitest";
import {
  type AcceptStream,
  type ClientConnection,
  type ClientConnectionEvents,
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  type ServerStream,
  type StreamSink,
} from "../../src/http2/http2.ts";
import { Notes } from "../../src/testing/notes.ts";

/** An implementation of the seam: a server, and connections to it. */
export interface Http2Pair {
  dial(events: ClientConnectionEvents): Promise<ClientConnection>;
  drain(): Promise<void>;
  destroy(): void;
}

const REQUEST: HeaderList = [":method", "POST", ":scheme", "http", ":authority", "test", ":path", "/a"];
const RESPONSE: HeaderList = [":status", "200", "x-repeated", "1", "x-repeated", "2"];
const TRAILERS: HeaderList = ["x-end", "yes"];

const quiet: ClientConnectionEvents = { onMaxStreams() {}, onGoaway() {}, onClose() {} };

/** What every implementation of the seam to HTTP/2 does. */
export function describeHttp2(name: string, open: (accept: AcceptStream) => Promise<Http2Pair>): void {
  describe(`HTTP/2 ${name}`, () => {
    const pairs: Http2Pair[] = [];
    afterEach(() => {
      for (const pair of pairs.splice(0)) pair.destroy();
    });

    const start = async (accept: AcceptStream, events: Partial<ClientConnectionEvents> = {}) => {
      const pair = await open(accept);
      pairs.push(pair);
      return { pair, connection: await pair.dial({ ...quiet, ...events }) };
    };

    /** One stream, and both its ends. */
    const meet = async (events: Partial<ClientConnectionEvents> = {}) => {
      const accepted = Promise.withResolvers<ServerStream>();
      const atServer = new Notes();
      let request: HeaderList = [];
      const { pair, connection } = await start((stream, headers) => {
        request = headers;
        accepted.resolve(stream);
        return atServer;
      }, events);
      const atClient = new Notes();
      const client: ClientStream = connection.open(REQUEST, [], atClient);
      const server = await accepted.promise;
      return { pair, connection, client, server, atClient, atServer, request };
    };

    test("carries headers, data and trailers both ways, in order", async () => {
      const { client, server, atClient, atServer, request } = await meet();
      expect(request).toEqual(expect.arrayContaining([...REQUEST]));
      client.write(Buffer.from("ab"));
      client.end(Buffer.from("c"));
      await atServer.until(() => atServer.find("end"));
      expect(atServer.text()).toBe("abc");
      expect(atServer.find("end")).toEqual({ end: [] });
      server.respond(RESPONSE);
      server.write(Buffer.from("de"));
      server.end(TRAILERS);
      await atClient.until(() => atClient.find("end"));
      expect(atClient.told[0]).toEqual({ headers: RESPONSE });
      expect(atClient.text()).toBe("de");
      expect(atClient.told.at(-1)).toEqual({ end: TRAILERS });
    });

    test("carries a field that comes twice, whatever HTTP says of it", async () => {
      const twice: HeaderList = ["etag", "a", "etag", "b", "user-agent", "c", "user-agent", "d"];
      const accepted = Promise.withResolvers<{ stream: ServerStream; headers: HeaderList }>();
      const { connection } = await start((stream, headers) => {
        accepted.resolve({ stream, headers });
        return new Notes();
      });
      const atClient = new Notes();
      connection.open(REQUEST, twice, atClient).end();
      const { stream, headers } = await accepted.promise;
      expect(headers).toEqual([...REQUEST, ...twice]);
      stream.respond(RESPONSE, twice);
      stream.end(twice);
      await atClient.until(() => atClient.find("end"));
      expect(atClient.told).toEqual([{ headers: [...RESPONSE, ...twice] }, { end: twice }]);
    });

    test("carries a response that is nothing but headers", async () => {
      const { client, server, atClient } = await meet();
      client.end();
      server.respondOnly(RESPONSE);
      await atClient.until(() => atClient.find("end"));
      expect(atClient.told).toEqual([{ headers: RESPONSE }, { end: [] }]);
    });

    test("a complete answer to an incomplete request arrives whole", async () => {
      const { server, atClient } = await meet();
      server.respond(RESPONSE);
      server.write(Buffer.from("enough"));
      server.end(TRAILERS);
      await atClient.until(() => atClient.find("end"));
      expect(atClient.find("end")).toEqual({ end: TRAILERS });
    });

    test.each(["client", "server"] as const)(
      "a reset by the %s is told to the other side alone, with its code",
      async (by) => {
        const meeting = await meet();
        const [teller, told, silent] =
          by === "client"
            ? [meeting.client, meeting.atServer, meeting.atClient]
            : [meeting.server, meeting.atClient, meeting.atServer];
        teller.reset(HTTP2_CODES.CANCEL);
        await told.until(() => told.find("reset"));
        expect(told.told).toEqual([{ reset: { by: "peer", code: HTTP2_CODES.CANCEL } }]);
        expect(silent.told).toEqual([]);
        meeting.client.write(Buffer.from("ignored"));
        meeting.server.write(Buffer.from("ignored"));
      },
    );

    test("a reader that holds makes the writer wait, and lets it go on", async () => {
      const { client, server, atServer, atClient } = await meet();
      server.read("hold");
      const chunk = Buffer.alloc(64 * 1024);
      let sent = 0;
      for (let answer = "go"; answer === "go" && sent < 1_000; sent++) answer = client.write(chunk);
      expect(sent).toBeLessThan(1_000);
      expect(atClient.find("drain")).toBeUndefined();
      server.read("flow");
      await atServer.until(() => atServer.bytes === sent * chunk.length);
      await atClient.until(() => atClient.find("drain"));
    });

    test("data that is held back comes before the trailers that follow it", async () => {
      const { client, server, atClient } = await meet();
      client.end();
      client.read("hold");
      server.respond(RESPONSE);
      server.write(Buffer.alloc(100_000));
      server.end(TRAILERS);
      await atClient.until(() => atClient.find("headers"));
      client.read("flow");
      await atClient.until(() => atClient.find("end"));
      expect(atClient.bytes).toBe(100_000);
      expect(atClient.told.at(-1)).toEqual({ end: TRAILERS });
    });

    test("a connection that is destroyed resets its streams on both sides", async () => {
      const closed = Promise.withResolvers<string>();
      const { connection, atClient, atServer } = await meet({ onClose: closed.resolve });
      connection.destroy("on purpose");
      await atClient.until(() => atClient.find("reset"));
      await atServer.until(() => atServer.find("reset"));
      expect(atClient.find("reset")?.reset).toMatchObject({ by: "connection", reason: "on purpose" });
      expect(atServer.find("reset")?.reset.by).toBe("connection");
      expect(await closed.promise).toBe("on purpose");
    });

    test("a connection that is closed lets its streams end", async () => {
      const closed = Promise.withResolvers<string>();
      const { connection, client, server, atClient } = await meet({ onClose: closed.resolve });
      connection.close();
      client.end();
      server.respond(RESPONSE);
      server.end(TRAILERS);
      await closed.promise;
      expect(atClient.find("end")).toEqual({ end: TRAILERS });
    });

    test("a drain tells GOAWAY, lets streams end, and refuses what comes after", async () => {
      const goaway = Promise.withResolvers<number>();
      const { pair, connection, client, server, atClient } = await meet({ onGoaway: goaway.resolve });
      const drained = pair.drain();
      expect(await goaway.promise).toBe(HTTP2_CODES.NO_ERROR);
      const late = new Notes();
      connection.open(REQUEST, [], late);
      await late.until(() => late.find("reset"));
      expect(late.find("reset")?.reset.code).toBe(HTTP2_CODES.REFUSED_STREAM);
      client.end();
      server.respond(RESPONSE);
      server.end(TRAILERS);
      await atClient.until(() => atClient.find("end"));
      await drained;
    });

    test("a PING is answered", async () => {
      const { connection } = await start(() => new Notes() satisfies StreamSink);
      await new Promise<void>((resolve) => expect(connection.ping(resolve)).toBe(true));
    });
  });
}
