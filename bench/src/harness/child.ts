import { type ChildProcess, fork, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a child process can be asked to do, by name. */
export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** A process of the benchmark, asked over a channel of its own. */
export interface Child<C extends Commands> {
  ask<K extends keyof C & string>(command: K, ...argument: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>>;
  stop(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly command: string;
  readonly argument: unknown;
}

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly failure: string });

/** Answers the parent's questions until the parent goes away. */
export function serveCommands<C extends Commands>(commands: C): void {
  process.on("disconnect", () => process.exit());
  process.on("error", () => process.exit());
  process.on("message", async ({ id, command, argument }: Question) => {
    try {
      const result = await (commands[command] as (argument: unknown) => unknown)(argument);
      process.send?.({ id, result } satisfies Answer);
    } catch (error) {
      process.send?.({
        id,
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Answer);
    }
  });
  process.send?.("ready");
}

/** Starts a module as a process of its own and waits until it can be asked. */
export async function startChild<C extends Commands>(module: URL, args: readonly string[] = []): Promise<Child<C>> {
  const child = fork(module, args, { execArgv: [...process.execArgv], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
  const asked = askable<C>(child, {
    send: (question) => child.send(question),
    end: () => child.disconnect(),
  });
  child.once("message", () => {
    isReady();
    child.on("message", asked.settle);
  });
  await Promise.race([ready, asked.ended]);
  return asked;
}

/** Starts a program in another language, which takes questions as lines of JSON on its input and answers on its output. */
export async function startProgram<C extends Commands>(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Child<C>> {
  const child = spawn(path, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  child.stdin.on("error", () => {}); // its end says more
  const asked = askable<C>(child, {
    send: (question) => child.stdin.write(`${JSON.stringify(question)}\n`),
    end: () => child.stdin.end(),
  });
  createInterface({ input: child.stdout }).on("line", (line) => asked.settle(JSON.parse(line)));
  return asked;
}

interface Channel {
  send(question: Question): void;
  /** The process ends itself when nobody is left to ask it. */
  end(): void;
}

/** Matches answers to questions; all that are open fail when the process ends. */
function askable<C extends Commands>(process: ChildProcess, channel: Channel) {
  const waiting = new Map<number, (answer: Answer) => void>();
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  ended.catch(() => {});
  process.once("exit", (code, signal) => end(new Error(`${process.spawnargs.join(" ")} ended: ${signal ?? code}`)));
  process.once("error", end);
  let nextId = 0;
  const child: Child<C> = {
    async ask(command, ...[argument]) {
      const id = nextId++;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      channel.send({ id, command, argument });
      const answer = await Promise.race([answered, ended]);
      waiting.delete(id);
      if ("failure" in answer) throw new Error(answer.failure);
      return answer.result as never;
    },
    async stop() {
      if (process.exitCode !== null || process.signalCode !== null) return;
      const exited = new Promise((resolve) => process.once("exit", resolve));
      channel.end();
      await exited;
    },
  };
  return { ...child, ended, settle: (answer: Answer) => waiting.get(answer.id)?.(answer) };
}
