import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { orders } from "./support/loaded-system.ts";
import { PARLEY } from "./support/parley-process.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-orders-contracts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["protos", "buf.yaml"])
    cpSync(join(orders.directory, name), join(folder, name), { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message", "contracts");
});

function git(...args: readonly string[]): void {
  const author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  execFileSync("git", [...author, "-C", folder, ...args], { stdio: "pipe" });
}

/** Replaces a text in the contract of the users. */
function edit(from: string | RegExp, to: string): void {
  const path = join(folder, "protos/users/v1/users.proto");
  const before = readFileSync(path, "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}

/** Runs the command, and gives its exit code and the rules that were broken. */
function check(): { readonly exitCode: number | null; readonly rules: readonly string[] } {
  const { status, stdout } = spawnSync(process.execPath, [PARLEY, "check", "--system", folder, "--json"], {
    encoding: "utf8",
  });
  const { findings } = JSON.parse(stdout) as { findings: { rule: string }[] };
  return { exitCode: status, rules: findings.map(({ rule }) => rule) };
}

test("the contracts are in order, and a new field breaks nobody", { timeout: 60_000 }, () => {
  edit("string address = 5;", "string address = 5;\n  string nickname = 99;");
  expect(check()).toEqual({ exitCode: 0, rules: [] });
});

test("a method that is gone is refused", { timeout: 60_000 }, () => {
  edit(/ *rpc ValidateUser\([^}]*\}\n/, "");
  expect(check()).toMatchObject({ exitCode: 1, rules: expect.arrayContaining(["RPC_NO_DELETE"]) });
});

test.each([
  ["", ""],
  [", although its number is reserved", '  reserved 4;\n  reserved "phone";\n'],
])("a field that is gone is refused%s", { timeout: 60_000 }, (_how, left) => {
  edit("  string phone = 4;\n", left);
  expect(check()).toEqual({ exitCode: 1, rules: ["FIELD_NO_DELETE"] });
});
