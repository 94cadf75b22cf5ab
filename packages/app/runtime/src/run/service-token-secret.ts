import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ParleyError } from "@parley/core";
import { makeFolder } from "@parley/postgres/internal/make-folder";
import type { ServiceTokensConfig } from "../config/resolve-service-tokens.ts";

const SECRET_BYTES = 32;

/**
 * The secret of service tokens; undefined if services ask for none. The first part that looks for a kept one makes it.
 * @throws ParleyError FAILED_PRECONDITION if the file of a kept one cannot be read or made.
 */
export async function openServiceTokenSecret(config: ServiceTokensConfig): Promise<string | undefined> {
  switch (config.kind) {
    case "off":
      return undefined;
    case "secret":
      return config.secret;
    case "kept":
      try {
        return (await readKept(config.path)) ?? (await makeKept(config.path));
      } catch (error) {
        const message = `the secret of service tokens cannot be kept in ${config.path}: ${(error as Error).message}; set SERVICE_TOKEN_SECRET`;
        throw new ParleyError("FAILED_PRECONDITION", message, { cause: error });
      }
    default:
      return config satisfies never;
  }
}

async function readKept(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Several parts may make it at once: a link is made whole or not at all, and the first one stays. */
async function makeKept(path: string): Promise<string | undefined> {
  const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await makeFolder(dirname(path));
  await writeFile(own, randomBytes(SECRET_BYTES).toString("base64url"), { mode: 0o600, flag: "wx" });
  try {
    await link(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(own, { force: true });
  }
  return readKept(path);
}
