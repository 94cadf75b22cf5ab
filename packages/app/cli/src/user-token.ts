import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Interceptor, ParleyError } from "@parley/core";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** How `--token` is explained by the commands that have it. */
export const TOKEN_HELP = "the user's token; @file reads a file, @- standard input (default: PARLEY_TOKEN)";

/**
 * The token of the user for whom a command calls: `--token`, else `PARLEY_TOKEN`. Never part of a message.
 * @throws UsageError if the file cannot be read, or if it holds no token.
 */
export async function readUserToken(option: string | undefined, terminal: Terminal): Promise<string | undefined> {
  const source = option === undefined ? "PARLEY_TOKEN" : option.startsWith("@") ? `--token ${option}` : "--token";
  const text = option === undefined ? (terminal.env.PARLEY_TOKEN ?? "") : await readOption(option, terminal);
  const token = text.trim().replace(/^bearer +/i, "");
  if (token === "" && option === undefined) return undefined;
  if (/^[\w.~+/-]+=*$/.test(token)) return token;
  throw new UsageError(
    `${source} is ${token === "" ? "empty" : "no token: it holds spaces or characters that no token has"}`,
  );
}

async function readOption(option: string, terminal: Terminal): Promise<string> {
  if (!option.startsWith("@")) return option;
  if (option === "@-") return terminal.readInput();
  const path = resolve(terminal.cwd, option.slice(1));
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`--token ${option}: cannot read ${path}: ${(error as Error).message}`);
  }
}

/** Sends a user's token with every call. */
export function sendUserToken(token: string): Interceptor {
  return (next) => (call) => {
    call.metadata.set("authorization", `Bearer ${token}`);
    return next(call);
  };
}

/** A refusal with the way out of it; any other error as it is. */
export function withRemedy(error: ParleyError, token: string | undefined, service: string): ParleyError {
  const remedy = remedyFor(error, token, service);
  if (remedy === undefined) return error;
  return new ParleyError(error.code, `${error.message}; ${remedy}`, { cause: error, details: error.details });
}

function remedyFor({ code, message }: ParleyError, token: string | undefined, service: string): string | undefined {
  if (code !== "UNAUTHENTICATED") return undefined;
  if (message.includes("service token")) {
    return "set SERVICE_TOKEN_SECRET to that of the running system, with which the command makes one, or show one by -H x-service-token (parley token)";
  }
  if (token !== undefined) return `the log of ${service} says why the token was refused`;
  return "give a user's token with --token or PARLEY_TOKEN, or set SERVICE_TOKEN_SECRET where the system has one";
}
