import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startParley } from "../cli/support/run-parley.ts";
import { call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";

const NAMES = "protos/names/v1/names.proto";

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, "utf8");
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

const RENAME = `
  // Gives another name.
  rpc Rename(GetNameRequest) returns (GetNameResponse) {
    option (google.api.http) = { post: "/names/{id}:rename" };
  }
`;

test("dev generates when a contract is saved, says what broke, and goes on without a handler that is missing", async () => {
  const directory = await copyOfGreetings();
  const contract = join(directory, NAMES);
  await using system = startParley(["dev", directory, "--port", "door=0", "--port", "name-service=0"]);
  await system.printed("ready in");
  const door = /door\s+(http:\S+)/.exec(system.output())?.[1] ?? expect.fail("no address");
  await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });

  await edit(contract, "service NameService {", "service NameService { rpc");
  await system.printed("the contracts do not compile");
  await system.printed("what was running goes on; waiting for the next change");
  expect(system.output()).toMatch(/names\.proto:\d+:\d+:/);
  expect(await call(`${door}/greetings/1`)).toMatchObject({ status: 200 });

  await edit(contract, "service NameService { rpc", `service NameService {${RENAME}`);
  await system.printed("the contracts have changed, wrote descriptors.binpb, names/v1/names_pb.ts");
  await system.printed("answers again");
  await system.printed("setup of name-service returns no handler for rename of names.v1.NameService");
  const again = /door\s+(http:\S+)/.exec(system.output().split("answers again")[0]?.split("wrote")[1] ?? "")?.[1];
  const renamed = await call(`${again ?? door}/names/1:rename`, { method: "POST" });
  expect(renamed.status).toBe(501);
  expect(await call(`${again ?? door}/greetings/1`)).toMatchObject({ status: 200, body: '{"greeting":"Hello, Ada"}' });
});

test("dev tells at the start that the generated code does not match the contracts, and where it is not there", async () => {
  const directory = await copyOfGreetings();
  await edit(join(directory, NAMES), "service NameService {", `service NameService {${RENAME}`);
  await using system = startParley(["dev", directory, "--port", "door=0", "--port", "name-service=0"]);
  await system.printed("does not match the contracts; run parley generate, or save a contract");
  await system.printed("ready in");
});

test("generated code that is not there is the reason why a system cannot be loaded, with the remedy", async () => {
  const directory = await copyOfGreetings();
  await edit(join(directory, "services/name-service.ts"), "names/v1/names_pb.ts", "names/v1/other_pb.ts");
  await using system = startParley(["start", "name-service", "--system", directory]);
  expect((await system.ended).stderr).toContain(`run parley generate --system ${directory}`);
  expect((await system.ended).stderr).not.toContain("node:internal");
});
