import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../ci/stage.ts";
import type { Gradeloop } from "./gradeloop.ts";
import { parley, SYSTEM } from "./parley.ts";
import { type ExampleEnd, runExample, startExample } from "./run-example.ts";
import { buildGo, buildPython } from "./toolchains.ts";

export interface Trial {
  readonly gradeloop: Gradeloop;
  readonly secret: string;
  /** For what is built. */
  readonly dir: string;
  /** Hears each thing that held. */
  readonly say: (line: string) => void;
}

const INSTRUCTOR = { EMAIL: "ada@gradeloop.example", PASSWORD: "gradeloop-dev" };
const COURSE = /^1 CS-101 Introduction to Algorithms \(ada\)$/m;
const RUN_LIMIT_MS = 60_000;

/** Builds each example and has it do what it is for, and fail as it should. Rejects at the first that does not. */
export async function tryExamples(trial: Trial): Promise<void> {
  for (const language of ["go", "python"]) await parley(["generate", language]);
  trial.say("clients are generated");
  const policy = join(trial.dir, "policy.json");
  await writeFile(policy, await parley(["export", "service-config"]));
  const go = await buildGo(trial.dir);
  await tryCourses("go-client", (args) => [go, [`-policy=${policy}`, ...args]], ["-timeout=1ms"], trial);
  const python = await buildPython(trial.dir);
  const script = join(ROOT, "examples/python/courses.py");
  await tryCourses(
    "python-client",
    (args) => [python, [script, "--policy", policy, ...args]],
    ["--timeout=0.0001"],
    trial,
  );
  await tryListening(python, trial);
}

type CommandLine = (args: readonly string[]) => readonly [command: string, args: readonly string[]];

async function tryCourses(
  name: string,
  commandLine: CommandLine,
  tooShort: readonly string[],
  { gradeloop, secret, say }: Trial,
): Promise<void> {
  const token = await parley(["token", "--service", name, "--ttl", "10m"], { SERVICE_TOKEN_SECRET: secret });
  const env = { ...gradeloop.addresses, ...INSTRUCTOR, PYTHONPATH: join(ROOT, SYSTEM, "shared/protos/gen/python") };
  const run = async (args: readonly string[], more: Readonly<Record<string, string>>): Promise<ExampleEnd> => {
    const [command, all] = commandLine(args);
    return runExample(command, all, { env: { ...env, ...more }, timeoutMs: RUN_LIMIT_MS });
  };
  const told = await run([], { SERVICE_TOKEN: token.trim() });
  expect(told.exitCode === 0 && COURSE.test(told.stdout), `${name} shows the courses of the user`, told);
  say(`${name} shows the courses of the user`);
  const refused = await run([], { SERVICE_TOKEN: "" });
  expect(/unauthenticated/i.test(refused.stderr), `${name} is refused without a service token`, refused);
  say(`${name} is refused without a service token`);
  const late = await run(tooShort, { SERVICE_TOKEN: token.trim() });
  expect(/deadline_?exceeded/i.test(late.stderr), `${name} gives up at its deadline`, late);
  say(`${name} gives up at its deadline`);
}

async function tryListening(python: string, { gradeloop, say }: Trial): Promise<void> {
  const listener = startExample(python, [join(ROOT, "examples/python/listen.py")], {
    env: gradeloop.addresses,
    timeoutMs: RUN_LIMIT_MS,
  });
  try {
    await listener.printed("listening to assignments.created", RUN_LIMIT_MS);
    const dueDate = new Date(Date.now() + 7 * 86_400_000).toISOString();
    const id = await createAssignment(gradeloop, { course_id: 1, title: "Sorting", due_date: dueDate });
    const end = await listener.ended;
    const what = "a Python program hears of a new assignment in plain JSON";
    expect(end.exitCode === 0, what, end);
    const { subject, data } = JSON.parse(end.stdout) as { subject: string; data: Record<string, unknown> };
    const sameTime = new Date(String(data.due_date)).getTime() === new Date(dueDate).getTime();
    const holds = data.assignment_id === id && data.course_id === 1 && data.title === "Sorting" && sameTime;
    expect(subject === "assignments.created" && holds, what, end);
    say(what);
  } finally {
    listener.stop();
    await listener.ended;
  }
}

async function createAssignment({ gatewayUrl }: Gradeloop, assignment: object): Promise<number> {
  const post = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${gatewayUrl}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(RUN_LIMIT_MS),
    });
    const answer = (await response.json()) as { data?: Record<string, unknown> };
    if (!answer.data) throw new Error(`POST ${path} answered ${response.status} ${JSON.stringify(answer)}`);
    return answer.data;
  };
  const { access_token: token } = await post("/auth/login", { email: INSTRUCTOR.EMAIL, password: INSTRUCTOR.PASSWORD });
  const { id } = await post("/assignments", { max_points: 100, description: "Sort.", ...assignment }, String(token));
  return Number(id);
}

function expect(holds: boolean, what: string, { exitCode, stdout, stderr }: ExampleEnd): void {
  if (!holds) throw new Error(`not so: ${what}\nexit code ${exitCode}\n${stdout}${stderr}`);
}
