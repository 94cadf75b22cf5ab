import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSystemProcess } from "../../systems/orders/test/support/parley-process.ts";
import { type Suite, say } from "../suite.ts";
import { BAD_CLIENTS } from "./bad-clients.ts";
import { runGoodClient } from "./good-client.ts";

const PROGRAM = fileURLToPath(new URL("bad-client-process.ts", import.meta.url));
const OPTIONS = { seconds: { type: "string", default: "4" }, client: { type: "string" } } as const;
/** A breaker that opened for one caller's requests has hurt all others. */
const OPEN_BREAKER = /^parley_breaker_changes_total\{.*to="open".*\} [1-9]/m;

/** Bad clients of every kind, one after the other, beside one that does everything right: its answers must stay right. */
export const hostileSuite: Suite = {
  summary: "clients that misbehave, beside one whose answers must stay right   [--seconds 4 each] [--client name]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const seconds = Number(values.seconds);
    if (!(seconds > 0)) throw new Error("--seconds must be more than 0");
    const kinds = values.client === undefined ? Object.keys(BAD_CLIENTS) : [values.client];
    const data = await mkdtemp(join(tmpdir(), "parley-hostile-"));
    try {
      await using system = await startSystemProcess({ PARLEY_DATA_DIR: data });
      const { origin } = system;
      const user = await makeUser(origin);
      const calm = await runGoodClient(origin, user, AbortSignal.timeout(seconds * 1_000));
      say(line("nobody else", calm));
      let isRight = calm.failures.length === 0;
      for (const kind of kinds) {
        const { hostname, port } = new URL(origin);
        const bad = spawn(
          process.execPath,
          [
            "--conditions=@parley/source",
            PROGRAM,
            kind,
            hostname === "localhost" ? "127.0.0.1" : hostname,
            port,
            String(seconds * 1_000),
          ],
          { stdio: ["ignore", "ignore", "inherit"] },
        );
        const ended = once(bad, "exit");
        const report = await runGoodClient(origin, user, AbortSignal.timeout(seconds * 1_000));
        const [code] = (await ended) as [number | null];
        say(line(kind, report));
        for (const failure of report.failures) say(`  FAILED: ${failure}`);
        if (code !== 0) say(`  FAILED: the bad client itself ended with ${code}`);
        isRight &&= report.failures.length === 0 && code === 0;
      }
      const metrics = await (await fetch(`${origin}/metrics`)).text();
      const opened = OPEN_BREAKER.exec(metrics);
      if (opened) say(`FAILED: a breaker opened: ${opened[0]}`);
      return isRight && !opened;
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  },
};

async function makeUser(origin: string): Promise<unknown> {
  await fetch(`${origin}/users`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com" }),
  });
  return (await fetch(`${origin}/users/1`)).json();
}

function line(kind: string, { requests, medianMs, p99Ms, worstMs }: Awaited<ReturnType<typeof runGoodClient>>): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`.padStart(10);
  return `${kind.padEnd(14)} ${String(requests).padStart(5)} requests  median ${ms(medianMs)}  99 % ${ms(p99Ms)}  worst ${ms(worstMs)}`;
}
