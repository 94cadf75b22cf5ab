import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ContractsFolder, contractsFolder } from "./support/contracts-folder.ts";
import { parley } from "./support/run-parley.ts";
import { systemCopy } from "./support/system-copy.ts";

interface Finding {
  readonly rule: string;
  readonly file?: string;
  readonly line?: number;
  readonly message: string;
}

async function check(folder: ContractsFolder, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await parley(["check", "--system", folder.dir, "--json", ...args]);
  expect(stderr).toBe("");
  const { findings = [], ...rest } = JSON.parse(stdout) as { findings?: Finding[]; [key: string]: unknown };
  return { exitCode, findings, rules: findings.map(({ rule }) => rule).sort(), ...rest };
}

test.concurrent("contracts in order pass, inside git and out of it", async () => {
  await using folder = await contractsFolder();
  expect(await check(folder)).toMatchObject({
    exitCode: 0,
    findings: [],
    comparison: { state: "skipped", reason: "this is no git repository with a commit" },
  });
  folder.commit();
  expect(await check(folder)).toMatchObject({ exitCode: 0, comparison: { state: "compared", base: { name: "HEAD" } } });
});

test.concurrent("every kind of breaking change is refused, each at its line", async () => {
  await using folder = await contractsFolder();
  folder.commit();
  await folder.edit('get = "/books/{id}"', 'get = "/volumes/{id}"'); // a route that is gone
  await folder.edit("success_status = 201", "success_status = 200");
  await folder.edit("int32 pages = 3;", "string pages = 3;"); // another type
  await folder.edit("  // Counts the pages of the books it is sent.\n", "");
  await folder.edit("  rpc CountPages(stream CountPagesRequest) returns (CountPagesResponse);\n", ""); // a method that is gone
  const { exitCode, findings, rules } = await check(folder);
  expect(exitCode).toBe(1);
  expect(rules).toEqual(["FIELD_SAME_TYPE", "HTTP_BINDING_REMOVED", "HTTP_STATUS_CHANGED", "RPC_NO_DELETE"]);
  const gone = findings.find(({ rule }) => rule === "HTTP_BINDING_REMOVED");
  expect(gone).toMatchObject({ file: "library/v1/library.proto", line: 12 });
  expect(gone?.message).toContain("GET /books/{id} is gone");
});

test.concurrent("a change that breaks nobody passes: a field, a method, one more binding", async () => {
  await using folder = await contractsFolder();
  folder.commit();
  await folder.edit("int32 pages = 3;", "int32 pages = 3;\n  string author = 4;");
  await folder.edit(
    'option (google.api.http).get = "/books/{id}";',
    'option (google.api.http) = {\n      get: "/books/{id}"\n      additional_bindings {get: "/volumes/{id}"}\n    };',
  );
  expect(await check(folder)).toMatchObject({ exitCode: 0, findings: [] });
});

test.concurrent("a branch is compared with where it left main, not with what main has got since", async () => {
  await using folder = await contractsFolder();
  folder.commit();
  folder.git("switch", "--quiet", "--create", "feature");
  folder.git("switch", "--quiet", "main");
  await folder.edit("int32 pages = 3;", "int32 pages = 3;\n  string author = 4;");
  folder.git("commit", "--quiet", "--all", "--message", "author");
  folder.git("switch", "--quiet", "feature");
  expect(await check(folder)).toMatchObject({ exitCode: 0, comparison: { base: { name: "main" } } });
  expect((await check(folder, "--against", "main")).rules).toEqual(["FIELD_NO_DELETE"]);
});

test.concurrent("HTTP rules that the gateway could not serve are found", async () => {
  await using folder = await contractsFolder();
  await folder.edit('get = "/books/{id}"', 'get = "/books/{isbn}"');
  await folder.edit('post: "/books"', 'get: "/books/{title}"');
  const { exitCode, findings } = await check(folder);
  expect(exitCode).toBe(1);
  expect(findings.map(({ rule, message }) => `${rule}: ${message}`).sort()).toEqual([
    'HTTP_BODY: LibraryService.AddBook: GET takes no body, but the rule says body: "*"',
    "HTTP_PATH_VARIABLE: LibraryService.GetBook: {isbn} in /books/{isbn} is no field of library.v1.GetBookRequest",
    "HTTP_ROUTE_TAKEN: LibraryService.AddBook: GET /books/{title} is also LibraryService.GetBook",
  ]);
});

test.concurrent("a path that does not parse is found once, with the gateway's own words", async () => {
  await using folder = await contractsFolder();
  await folder.edit('get = "/books/{id}"', 'get = "/books/{id"');
  const { findings } = await check(folder);
  expect(findings).toMatchObject([{ rule: "HTTP_TEMPLATE", message: expect.stringContaining("/books/{id") }]);
});

test.concurrent("validation rules that do not compile, and bad style, are found", async () => {
  await using folder = await contractsFolder();
  await folder.edit("(buf.validate.field).int64.gt = 0", "(buf.validate.field).string.min_len = 1");
  await folder.edit("string title = 2;", "string BookTitle = 2;");
  const { rules } = await check(folder);
  expect(rules).toEqual(["FIELD_LOWER_SNAKE_CASE", "PROTOVALIDATE", "VALIDATION_RULE_COMPILES"]);
});

test.concurrent("a contract that does not compile is one finding, not a crash", async () => {
  await using folder = await contractsFolder();
  await folder.edit("int32 pages = 3;", "int23 pages = 3;");
  const { exitCode, rules } = await check(folder);
  expect({ exitCode, rules }).toEqual({ exitCode: 1, rules: ["COMPILE"] });
});

test.concurrent("a base that does not compile is said, and hides no other finding", async () => {
  await using folder = await contractsFolder();
  await folder.edit("int32 pages = 3;", "int23 pages = 3;");
  folder.commit();
  await folder.edit("int23 pages = 3;", "int32 Pages = 3;");
  expect(await check(folder)).toMatchObject({
    rules: ["FIELD_LOWER_SNAKE_CASE"],
    comparison: { state: "skipped", reason: "the contracts of HEAD do not compile" },
  });
});

test.concurrent("a buf.yaml in the system's folder sets the rules", async () => {
  await using folder = await contractsFolder();
  await folder.edit("string title = 2;", "string BookTitle = 2;");
  await writeFile(join(folder.dir, "buf.yaml"), "version: v2\nlint:\n  use: [MINIMAL]\n");
  expect(await check(folder)).toMatchObject({ exitCode: 0, findings: [] });
});

test.concurrent("an unknown ref is refused, and so is any ref outside of git", async () => {
  await using folder = await contractsFolder();
  expect(await check(folder, "--against", "main")).toMatchObject({
    exitCode: 1,
    error: { code: "FAILED_PRECONDITION" },
  });
  folder.commit();
  expect(await check(folder, "--against", "v9")).toMatchObject({ exitCode: 1, error: { code: "INVALID_ARGUMENT" } });
  expect(await check(folder, "--against=--help")).toMatchObject({ exitCode: 1, error: { code: "INVALID_ARGUMENT" } });
});

interface FlowingOptions {
  readonly publishes?: string;
  readonly subscribes?: string;
  readonly realtime?: string;
  readonly external?: string;
}

/** The greetings, of which one service tells the other over events; no `setup` can run. */
function flowing({ publishes = "", subscribes = "", realtime = "", external = "" }: FlowingOptions): string {
  return `import { defineEvent, defineGateway, defineQueue, defineService, defineSystem, liveEvent } from "parleyjs";
import { GreetingService } from "./gen/greetings/v1/greetings_pb.ts";
import { GetNameRequestSchema, NameService } from "./gen/names/v1/names_pb.ts";

const NameAdded = defineEvent({ name: "names.added", schema: GetNameRequestSchema${external} });
const Prints = defineQueue({ name: "prints", schema: GetNameRequestSchema });
const setup = (): never => {
  throw new Error("check runs no setup");
};
const database = (name: string) => ({ name, migrations: "migrations/namedb" });
const names = { name: "name-service", port: 0, implements: NameService, database: database("namedb"), setup };
const greetings = { name: "greeting-service", port: 0, implements: GreetingService, database: database("greetingdb"), setup };

export default defineSystem({
  name: "flowing",
  services: [
    defineService({ ...names, ${publishes} }),
    defineService({ ...greetings, queues: [Prints], ${subscribes} }),
  ],
  gateways: [defineGateway({ name: "door", port: 0, routes: [NameService], realtime: { events: [${realtime}] } })],
});

export const unused = [NameAdded, liveEvent];
`;
}

const PUBLISHES = { publishes: "publishes: [NameAdded]" };
const SUBSCRIBES = { subscribes: "subscribes: [NameAdded]" };
const LIVE = { realtime: 'liveEvent(NameAdded, "everyone")' };

test.concurrent("who publishes and who handles each event is drawn from the definitions alone", async () => {
  await using system = await systemCopy("greetings");
  await system.write("system.ts", flowing({ ...PUBLISHES, ...SUBSCRIBES, ...LIVE }));
  const { stdout } = await parley(["check", "--system", system.dir]);
  expect(stdout).toContain(
    [
      "events:",
      "  names.added  name-service -> greeting-service, door (live)",
      "queues:",
      "  prints       greeting-service -> greeting-service",
    ].join("\n"),
  );
  const { exitCode, stdout: json } = await parley(["check", "--system", system.dir, "--json"]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(json)).toMatchObject({
    ok: true,
    events: {
      findings: [],
      flows: [
        {
          kind: "event",
          name: "names.added",
          from: ["name-service"],
          to: ["greeting-service", "door"],
          live: ["door"],
        },
        { kind: "queue", name: "prints", from: ["greeting-service"], to: ["greeting-service"] },
      ],
    },
  });
});

test.concurrent("an event that a gateway alone shows to clients is handled", async () => {
  await using system = await systemCopy("greetings");
  await system.write("system.ts", flowing({ ...PUBLISHES, ...LIVE }));
  const { exitCode, stdout } = await parley(["check", "--system", system.dir]);
  expect(stdout).toContain("  names.added  name-service -> door (live)");
  expect(exitCode).toBe(0);
});

test.concurrent.each([
  ["publishes", SUBSCRIBES, "EVENT_NOT_PUBLISHED", "produced", "another system -> greeting-service"],
  ["handles", PUBLISHES, "EVENT_NOT_HANDLED", "consumed", "name-service -> another system"],
])("an event that nothing %s is refused, unless it is marked so", async (_, lists, rule, external, drawn) => {
  await using system = await systemCopy("greetings");
  await system.write("system.ts", flowing(lists));
  const { exitCode, stdout } = await parley(["check", "--system", system.dir, "--json"]);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, events: { findings: [{ rule, event: "names.added" }] } });
  const text = await parley(["check", "--system", system.dir]);
  expect(text.stdout).toContain(`[${rule}]`);
  expect(text.stdout).toMatch(/: 1 finding, /);
  await using other = await systemCopy("greetings");
  await other.write("system.ts", flowing({ ...lists, external: `, external: "${external}"` }));
  const marked = await parley(["check", "--system", other.dir]);
  expect(marked.stdout).toContain(`names.added  ${drawn}`);
  expect(marked.exitCode).toBe(0);
});

test.concurrent("a system that cannot be loaded is said to have unchecked events", async () => {
  await using system = await systemCopy("greetings");
  await system.write("system.ts", flowing({}).replace('name: "flowing"', 'name: "Flowing!"'));
  const { stdout, stderr } = await parley(["check", "--system", system.dir]);
  expect(stderr).toContain("the events were not checked, because the system cannot be loaded: parley doctor says why");
  expect(stdout).not.toContain("events:");
});
