import { readFileSync } from "node:fs";
import type { Command, Option } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "../../src/program.ts";
import { processTerminal } from "../../src/terminal.ts";
import { settingsTable, withTables } from "../reference-tables.ts";

const PAGE = "../../../../../docs/reference/cli.md";
const page = readFileSync(new URL(PAGE, import.meta.url), "utf8");
const program = createProgram({ terminal: processTerminal(), exit: () => {} }, "text");

/** What every command has; described once. */
const COMMON = ["--json"];

/** First cells of the tables of a section, without the back ticks. */
function described(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? "");
}

function isSetting(option: Option): boolean {
  return (option as { helpGroupHeading?: string }).helpGroupHeading?.startsWith("Settings") ?? false;
}

function flagsOf(command: Command): readonly string[] {
  const options = command.options.filter((option) => !isSetting(option) && !COMMON.includes(option.long ?? ""));
  const args = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [...args, ...options.map(({ flags }) => flags)];
}

test("every command has a section, and every section is a command", () => {
  const sections = [...page.matchAll(/^## parley (\S+)$/gm)].map((match) => match[1]);
  expect(sections.sort()).toEqual(program.commands.map((command) => command.name()).sort());
});

test.each(program.commands.map((command) => [command.name(), command] as const))(
  "the arguments and flags of parley %s are described, and no others",
  (name, command) => {
    expect([...described(`parley ${name}`)].sort()).toEqual([...flagsOf(command)].sort());
    expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(COMMON));
    expect(page).toContain(`$ parley ${name}`);
  },
);

test("the settings of dev and start are described, and no others (run vitest with -u to write them)", async () => {
  await expect(withTables(page, { settings: settingsTable() })).toMatchFileSnapshot(PAGE);
});
