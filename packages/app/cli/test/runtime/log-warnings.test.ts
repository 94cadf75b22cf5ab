import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startParley } from "../cli/support/run-parley.ts";
import { copyOfGreetings } from "../temporary-folder.ts";

test("a warning of Node is a line of the JSON log, also one from before the log", async () => {
  const directory = await copyOfGreetings();
  const salutation = join(directory, "services/salutation.ts");
  await writeFile(
    salutation,
    'process.emitWarning("too old", { type: "DeprecationWarning", code: "DEP9" });\nexport const salutation = "Hello";\n',
  );
  await using system = startParley(["dev", directory, "--json", "--port", "door=0"]);
  await system.printed('"ready"');
  const { stdout, stderr, exitCode } = await system.stop();
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: "warn",
      name: "greetings",
      warning: "DeprecationWarning",
      code: "DEP9",
      msg: "too old",
    }),
  );
});
