import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** What Node loads of its own for a module, apart from what every process has. */
async function loadedBy(path: string): Promise<string[]> {
  const file = fileURLToPath(new URL(path, import.meta.url));
  const script = `await import(${JSON.stringify(file)}); console.log(JSON.stringify(process.moduleLoadList));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@parley/source",
    "--input-type=module",
    "--eval",
    script,
  ]);
  return JSON.parse(stdout);
}

/** An import of `node:http` looks at each of its exports, and one of them is Node's `fetch`. */
test.each(["../../../comms/rpc/src/index.ts", "../../../comms/telemetry/src/index.ts"])(
  "%s loads nothing of Node's that a service does not use: what is loaded is marked by each collection",
  async (path) => {
    const loaded = await loadedBy(path);
    expect(loaded).toContain("NativeModule crypto");
    expect(loaded.filter((name) => /http|undici|webstreams/.test(name))).toEqual([]);
  },
);
