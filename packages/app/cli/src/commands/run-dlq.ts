import { resolve } from "node:path";
import { isParleyError, ParleyError } from "@parley/core";
import { describeLetter, describeLetters, type LetterReport, reportOf } from "../dlq/letter-report.ts";
import { type Answer, queryServices, type ServiceClient } from "../dlq/query-services.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";
import { readUserToken } from "../user-token.ts";
import type { CommandInput } from "./command.ts";
import type { DlqFlags } from "./dlq.ts";

type Input = CommandInput<DlqFlags>;

export function runDlq(input: Input): Promise<number> {
  switch (input.args[0]) {
    case "show":
      return show(input);
    case "replay":
    case "drop":
      return change(input, input.args[0]);
    default:
      return list(input);
  }
}

async function list(input: Input): Promise<number> {
  const { flags, output } = input;
  const limit = readLimit(flags.limit);
  const answers = await ask(input, async ({ service, letters }) => {
    const { deadLetters, nextPageToken } = await letters.listDeadLetters({ filter: filterOf(input), pageSize: limit });
    return { letters: deadLetters.map((letter) => reportOf(service, letter)), more: nextPageToken !== "" };
  });
  const found = answers.flatMap(({ value }) => value.letters);
  const more = answers.filter(({ value }) => value.more).map(({ service }) => service);
  output.result({ deadLetters: found, more }, () => describeLetters(found));
  if (more.length > 0) output.note(`${more.join(" and ")} ${more.length > 1 ? "have" : "has"} more; see --limit`);
  return EXIT.ok;
}

async function show(input: Input): Promise<number> {
  const [, id] = input.args;
  if (id === undefined) throw new UsageError("show needs the id of a letter, as parley dlq lists it");
  const answers = await ask(input, async ({ service, letters }): Promise<LetterReport | undefined> => {
    try {
      return reportOf(service, await letters.getDeadLetter({ id }));
    } catch (error) {
      if (isParleyError(error) && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  });
  const found = answers.flatMap(({ value }) => value ?? []);
  const [letter] = found;
  if (!letter) throw new ParleyError("NOT_FOUND", `no dead letter ${id}`);
  if (found.length > 1) {
    throw new UsageError(`${found.map(({ service }) => service).join(" and ")} have a letter ${id}: say --service`);
  }
  input.output.result(letter, () => describeLetter(letter));
  return EXIT.ok;
}

async function change(input: Input, action: "replay" | "drop"): Promise<number> {
  const [, id] = input.args;
  const { event, group, key, code, cause, all, service, rate } = input.flags;
  if (id !== undefined && service === undefined) throw new UsageError(`say whose letter ${id} is, with --service`);
  if ([id, event, group, key, code, cause].every((choice) => choice === undefined) && !all) {
    throw new UsageError(`say which to ${action}: an id, --event, --group, --key, --code or --cause; or --all`);
  }
  const ratePerSecond = readRate(rate);
  const answers: readonly Answer<number>[] = await ask(input, async ({ letters }) => {
    const filter = filterOf(input);
    const { count } =
      action === "replay"
        ? await letters.replayDeadLetters({ filter, ratePerSecond })
        : await letters.dropDeadLetters({ filter });
    return Number(count);
  });
  const total = answers.reduce((sum, { value }) => sum + value, 0);
  const services = answers.map(({ service: name, value: count }) => ({ service: name, count }));
  output(input, action, total, services);
  return EXIT.ok;
}

function output(input: Input, action: "replay" | "drop", total: number, services: readonly object[]): void {
  const noun = total === 1 ? "letter" : "letters";
  input.output.result({ action, total, services }, () =>
    action === "replay" ? `${total} ${noun} will be handled again` : `${total} ${noun} dropped`,
  );
}

async function ask<T>(
  { flags, terminal }: Input,
  question: (desk: ServiceClient) => Promise<T>,
): Promise<readonly Answer<T>[]> {
  const { cwd, env } = terminal;
  const token = await readUserToken(flags.token, terminal);
  return queryServices(resolve(cwd, flags.system), { service: flags.service, env, token }, question);
}

function filterOf({ args, flags }: Input) {
  const { event = "", group = "", key = "", code = "", cause = "" } = flags;
  return { id: args[1] ?? "", event, group, key, reasonCode: code.toUpperCase(), reasonContains: cause };
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new UsageError(`--limit ${JSON.stringify(text)} must be a whole number from 1 to 1000`);
}

function readRate(text = "10/s"): number {
  const rate = Number(/^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)?.[1]);
  if (rate > 0) return rate;
  throw new UsageError(`--rate ${JSON.stringify(text)} must be a number a second above 0, as in 10/s`);
}
