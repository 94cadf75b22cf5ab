import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type DescMethod, fromJsonString, type Message, type Registry } from "@bufbuild/protobuf";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

/**
 * The text that `-d` means: itself, `@file` for what a file holds, `@-` for standard input.
 * @throws UsageError if the file cannot be read.
 */
export async function readData(data: string, terminal: Terminal): Promise<string> {
  if (!data.startsWith("@")) return data;
  if (data === "@-") return terminal.readInput();
  const path = resolve(terminal.cwd, data.slice(1));
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`-d ${data}: cannot read ${path}: ${(error as Error).message}`);
  }
}

/**
 * Requests from proto3 JSON: one, or for a method that takes a stream one per line.
 * @throws UsageError that names the line and what is wrong.
 */
export function parseRequests(text: string, { input, methodKind }: DescMethod, registry: Registry): readonly Message[] {
  const streamed = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const documents = streamed ? text.split("\n").filter((line) => line.trim() !== "") : [text];
  return documents.map((document, index) => {
    try {
      return fromJsonString(input, document, { registry });
    } catch (error) {
      const place = streamed ? `-d, line ${index + 1}` : "-d";
      throw new UsageError(`${place} is no ${input.typeName}: ${(error as Error).message}`);
    }
  });
}
