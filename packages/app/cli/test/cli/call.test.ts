import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createServer, type HandlerContext } from "@parley/rpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { LibraryService } from "../fixtures/library/gen/library/v1/library_pb.ts";
import { contractsFolder } from "./support/contracts-folder.ts";
import { fixture, parley, parleyProcess, type Running, startParley } from "./support/run-parley.ts";

const system = fixture("library");
let service: Running;
let address: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  const port = await freePort();
  address = `localhost:${port}`;
  env = { LIBRARY_SERVICE_PORT: String(port) };
  service = startParley(["start", "library-service", "--system", system], { env });
  await service.printed("ready");
}, 60_000);

afterAll(async () => {
  const { exitCode } = await service.stop();
  expect(exitCode).toBe(0);
}, 60_000);

const bySystem = (...args: readonly string[]) => parley(["call", ...args, "--system", system], { env });
const byAddress = (...args: readonly string[]) => parley(["call", ...args, "--address", address]);
const emma = { id: "1", title: "Emma", pages: 474 };

test("the whole command, as a process, calls by the system's contracts", async () => {
  const args = ["call", "LibraryService/GetBook", "-d", '{"id":1}', "-H", "X-Reader: ada"];
  const run = await parleyProcess(args, { cwd: system, env });
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(run.stdout)).toEqual({ book: emma, reader: "ada" });
});

test.each([
  ["a short name", "LibraryService/GetBook"],
  ["the whole name", "library.v1.LibraryService/GetBook"],
  ["the path on the wire", "/library.v1.LibraryService/GetBook"],
  ["a name with dots", "library.v1.LibraryService.GetBook"],
])("%s is understood, by contracts and by reflection", async (_form, name) => {
  for (const call of [bySystem, byAddress]) {
    const { stdout } = await call(name, "-d", '{"id":"1"}', "--token", "t0k3n");
    expect(JSON.parse(stdout)).toEqual({ book: emma, reader: "Bearer t0k3n" });
  }
});

test("streams are printed as one line of JSON per message, in each direction", async () => {
  const listed = await byAddress("LibraryService/ListBooks");
  expect(
    listed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ book: emma }, { book: { title: "Persuasion" } }]);
  const counted = await bySystem("LibraryService/CountPages", "-d", '{"pages":3}\n{"pages":4}');
  expect(JSON.parse(counted.stdout)).toEqual({ total: 7 });
  const shouted = await bySystem("LibraryService/ShoutTitles", "-d", '{"title":"emma"}\n\n{"title":"lady susan"}\n');
  expect(shouted.stdout).toBe('{"title":"EMMA"}\n{"title":"LADY SUSAN"}\n');
});

test("a stream that fails shows what came before, then the error, and exits 1", async () => {
  const run = await bySystem("LibraryService/ListBooks", "-d", '{"fail":true}', "--json");
  expect(run.exitCode).toBe(1);
  expect(
    run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([{ book: emma }, { error: { code: "DATA_LOSS", message: "the catalogue is torn" } }]);
});

test("an error carries its code and its details", async () => {
  expect(await bySystem("LibraryService/GetBook", "-d", '{"id":9}')).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error NOT_FOUND: book not found\n",
  });
  const invalid = await byAddress("LibraryService/GetBook", "-d", '{"id":0}', "--json");
  expect(JSON.parse(invalid.stdout)).toMatchObject({
    error: {
      code: "INVALID_ARGUMENT",
      details: [{ type: "bad_request", violations: [{ field: "id", reason: "int64.gt" }] }],
    },
  });
});

test("requests come from a file or from standard input", async () => {
  await using folder = await contractsFolder();
  await writeFile(join(folder.dir, "request.json"), '{"id": 1}');
  const args = ["call", "LibraryService/GetBook", "--address", address, "-d"];
  const fromFile = await parley([...args, "@request.json"], { cwd: folder.dir });
  expect(JSON.parse(fromFile.stdout)).toMatchObject({ book: emma });
  const fromInput = await parley([...args, "@-"], { input: '{"id":1}' });
  expect(JSON.parse(fromInput.stdout)).toMatchObject({ book: emma });
});

test("--list names what can be called, with its HTTP routes", async () => {
  const { stdout } = await bySystem("--list", "--json");
  expect(JSON.parse(stdout).methods).toContainEqual({
    method: "library.v1.LibraryService/GetBook",
    kind: "unary",
    request: "library.v1.GetBookRequest",
    response: "library.v1.GetBookResponse",
    http: ["GET /books/{id}"],
  });
  expect((await byAddress("--list")).stdout).toContain("library.v1.LibraryService/ListBooks");
});

test.each([
  ["a method that is not there", ["LibraryService/GetBok"], 'did you mean "LibraryService/GetBook"'],
  ["no method", [], "name a method"],
  ["a word that is no method", ["GetBook"], "write Service/Method"],
  ["a field that is not there", ["LibraryService/GetBook", "-d", '{"isbn":1}'], "isbn"],
  ["JSON that does not parse", ["LibraryService/GetBook", "-d", "{"], "library.v1.GetBookRequest"],
  ["a line of a stream", ["LibraryService/CountPages", "-d", '{"pages":1}\n{"pages":"x"}'], "line 2"],
  ["a file that is not there", ["LibraryService/GetBook", "-d", "@none.json"], "none.json"],
  ["a header without a value", ["LibraryService/GetBook", "-H", "x-reader"], "name:value"],
  ["a header that may not travel", ["LibraryService/GetBook", "-H", "x reader: a"], "x reader"],
  ["a time without a unit", ["LibraryService/GetBook", "--timeout", "3"], "3s"],
  ["a certificate without its key", ["LibraryService/GetBook", "--tls-cert", "c.pem"], "--tls-key"],
])("%s is refused with exit code 2 before anything is sent", async (_what, args, message) => {
  const run = await bySystem(...args);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain(message);
});

test("an address that cannot be is refused with the forms that can", async () => {
  const run = await parley(["call", "LibraryService/GetBook", "--address", "nowhere"]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("host:port");
});

test("a service that does not run is UNAVAILABLE, and the address is named", async () => {
  const port = await freePort();
  const run = await parley(["call", "LibraryService/GetBook", "--address", `localhost:${port}`, "--timeout", "2s"]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatch(new RegExp(`^error UNAVAILABLE: .*${port}`));
});

test("--timeout alone decides how long a call and a stream may take", async () => {
  const none = Object.fromEntries(LibraryService.methods.map(({ localName }) => [localName, async () => ({})]));
  const implementation = {
    ...none,
    async *listBooks(_: unknown, { deadlineMs }: HandlerContext) {
      yield { book: { id: BigInt(Math.ceil((deadlineMs - Date.now()) / 1_000)) } };
    },
  };
  const server = createServer({ services: [{ service: LibraryService, implementation }] });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const run = await bySystem("LibraryService/ListBooks", "--address", `127.0.0.1:${port}`, "--timeout", "20s");
  await server.drain({ graceMs: 0 });
  expect(JSON.parse(run.stdout).book.id).toMatch(/^(?:19|20)$/);
});
