import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { fixture, parley, parleyProcess, parleyUnread, startParley } from "./support/run-parley.ts";

const system = fixture("library");

test("dev runs a system, says where it is and that it is ready, and ends with 0 when told to", async () => {
  await using dev = startParley(["dev", system, "--port", "library-service=0", "--no-watch"]);
  await dev.printed("ready in");
  const address = /library-service\s+(\S+:\d+)/.exec(dev.output())?.[1] ?? "";
  const { stdout } = await parley(["call", "LibraryService/GetBook", "-d", '{"id":1}', "--address", address]);
  expect(JSON.parse(stdout)).toMatchObject({ book: { title: "Emma" } });
  expect((await dev.stop()).exitCode).toBe(0);
});

test("dev --json says where the parts are in one line of JSON", async () => {
  await using dev = startParley(["dev", "--json", "--port", "library-service=0"], { cwd: system });
  await dev.printed('"ready"');
  const lines = dev.output().trim().split("\n");
  const ready = lines.map((line) => JSON.parse(line)).find((line) => "ready" in line);
  expect(ready).toMatchObject({ ready: { parts: [{ name: "library-service", kind: "service" }] } });
  expect((await dev.stop()).exitCode).toBe(0);
});

test("start runs one part and logs in the format asked for", async () => {
  const args = ["start", "library-service", "--system", system, "--port", "library-service=0"];
  await using service = startParley([...args, "--log-format", "json"]);
  await service.printed('"msg":"ready"');
  expect((await service.stop()).exitCode).toBe(0);
});

test("a port in use names the part, the port, and how to change it", async () => {
  await using taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const port = String((taken.address() as { port: number }).port);
  const run = await parleyProcess(["start", "library-service", "--system", system], {
    env: { LIBRARY_SERVICE_PORT: port },
  });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain(`library-service cannot listen on 127.0.0.1:${port}`);
  expect(run.stderr).toContain("LIBRARY_SERVICE_PORT");
  expect(run.stderr).toContain("--port library-service=");
});

test.each([
  ["a folder that is not there", ["dev", "/nowhere"], 1, "/nowhere is not a folder"],
  ["a folder without a system", ["dev", import.meta.dirname], 1, "holds no system"],
  ["a part that is not there", ["start", "libary-service"], 1, 'did you mean "library-service"'],
  ["no part", ["start"], 2, "part"],
  ["a port that is no port", ["start", "library-service", "--port", "library-service"], 2, "part=PORT"],
  ["a port of nobody", ["start", "library-service", "--port", "library=1"], 1, "names no part"],
  ["a setting that cannot be", ["start", "library-service", "--log-level", "loud"], 1, "--log-level"],
])("%s is refused", async (_what, args, exitCode, message) => {
  const run = await parley(args[0] === "start" ? [...args, "--system", system] : args);
  expect(run.exitCode).toBe(exitCode);
  expect(run.stderr).toContain(message);
});

test.each([
  ["help", "stdout", ["dev", "--help"]],
  ["an answer", "stdout", ["export", "service-config", "--system", system]],
  ["an error", "stderr", ["dev", "/nowhere"]],
  ["a system that runs", "stdout", ["dev", system, "--port", "library-service=0", "--no-watch"]],
  ["parts that run apart", "stdout", ["dev", system, "--port", "library-service=0", "--processes"]],
] as const)("%s that nobody reads ends quietly with code 0", async (_what, stream, args) => {
  expect(await parleyUnread(stream, args)).toEqual({ exitCode: 0, other: "" });
});

test("a TLS file that cannot be read is one sentence, without a stack", async () => {
  const args = ["start", "library-service", "--system", system, "--port", "library-service=0"];
  const env = { TLS_CERT: "/nowhere.crt", TLS_KEY: "/nowhere.key" };
  const { exitCode, stderr } = await parleyProcess(args, { env });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("library-service cannot start: the TLS certificate file /nowhere.crt cannot be read");
  expect(stderr).not.toContain("    at ");
});

test.each([
  ["call", ["call", "NameService/GetName"]],
  ["dlq", ["dlq", "list"]],
] as const)("%s of a service on any free port says which variable is missing", async (_name, args) => {
  const run = await parley([...args, "--system", fixture("greetings")]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("set NAME_SERVICE_URL to its address, or NAME_SERVICE_PORT to a port of its own");
});
