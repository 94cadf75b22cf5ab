import { Agent, get } from "node:http";
import { create, type Message } from "@bufbuild/protobuf";
import { createGateway } from "@parley/gateway";
import { openRaw } from "@parley/wire/testing";
import { expect, test } from "vitest";
import { GetBookResponseSchema } from "./gen/everything_pb.ts";
import { libraryBackend } from "./support/library.ts";

async function listen(answers: Parameters<typeof libraryBackend>[0] = {}) {
  const gateway = createGateway({ backends: [libraryBackend(answers)] });
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  return { gateway, port };
}

/** A backend that answers when it is told to. */
function held() {
  const called = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Message>();
  const GetBook = () => {
    called.resolve();
    return answer.promise;
  };
  return { answers: { GetBook }, called: called.promise, answer: () => answer.resolve(create(GetBookResponseSchema)) };
}

const GET = "GET /v1/books/x HTTP/1.1\r\nhost: x\r\n\r\n";

test("a running request finishes with Connection: close, and no new connection is taken", async () => {
  const backend = held();
  const { gateway, port } = await listen(backend.answers);
  const raw = await openRaw(port, GET);
  await backend.called;
  const drained = gateway.drain({ graceMs: 5_000 });
  await expect(openRaw(port)).rejects.toThrow("ECONNREFUSED");
  backend.answer();
  expect(await raw.closed()).toMatch(/^HTTP\/1.1 200 .*connection: close/is);
  expect(await drained).toBe("drained");
  expect(await gateway.drain({ graceMs: 0 })).toBe("drained");
});

test("an idle connection may still ask once", async () => {
  const { gateway, port } = await listen();
  const raw = await openRaw(port, GET);
  await raw.until(/"book"/);
  const drained = gateway.drain({ graceMs: 5_000 });
  raw.socket.write(GET);
  expect((await raw.closed()).match(/HTTP\/1.1 200 /g)).toHaveLength(2);
  expect(await drained).toBe("drained");
});

test("what does not finish within the grace is cut off", async () => {
  const backend = held();
  const { gateway, port } = await listen(backend.answers);
  const raw = await openRaw(port, GET);
  await backend.called;
  expect(await gateway.drain({ graceMs: 50 })).toBe("forced");
  expect(await raw.closed()).toBe("");
});

test("an abort cuts off at once", async () => {
  const backend = held();
  const { gateway, port } = await listen(backend.answers);
  const raw = await openRaw(port, GET);
  await backend.called;
  const controller = new AbortController();
  const drained = gateway.drain({ graceMs: 60_000, signal: controller.signal });
  controller.abort();
  expect(await drained).toBe("forced");
  await raw.closed();
});

test("a gateway that never listened drains", async () => {
  expect(await createGateway({ backends: [libraryBackend()] }).drain({ graceMs: 10 })).toBe("drained");
});

test("under load behind a balancer, draining one of two fails no request", async () => {
  const first = await listen();
  const second = await listen();
  const up = new Set([first.port, second.port]);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let running = true;
  let done = 0;
  const failures: unknown[] = [];
  const ask = (port: number) =>
    new Promise<void>((resolve, reject) => {
      const request = get({ port, host: "127.0.0.1", path: "/v1/books/x", agent }, (response) => {
        response.resume().on("end", () => (response.statusCode === 200 ? resolve() : reject(response.statusCode)));
        response.on("error", reject);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "ECONNREFUSED") return reject(error);
        // What a balancer does: a refused connection was never a request, so it goes to the other gateway.
        up.delete(port);
        ask(second.port).then(resolve, reject);
      });
    });
  const worker = async (turn: number): Promise<void> => {
    while (running) {
      const targets = [...up];
      await ask(targets[turn++ % targets.length] ?? 0).then(
        () => done++,
        (error) => failures.push(error),
      );
    }
  };
  const workers = Array.from({ length: 32 }, (_, at) => worker(at));
  while (done < 300) await new Promise(setImmediate);
  const outcome = await first.gateway.drain({ graceMs: 5_000 });
  const atDrain = done;
  while (done < atDrain + 300) await new Promise(setImmediate);
  running = false;
  await Promise.all(workers);
  agent.destroy();
  await second.gateway.drain({ graceMs: 100 });
  expect(failures).toEqual([]);
  expect(outcome).toBe("drained");
});
