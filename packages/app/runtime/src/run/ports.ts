import { once } from "node:events";
import { createServer } from "node:net";
import { ParleyError } from "@parley/core";
import { portVariable } from "parleyjs/internal";

/**
 * Chooses a port for each part: the one it is given, or a free one for 0. Checks that all can be listened on, so that a
 * system which cannot run says so before it opens its databases.
 * @throws ParleyError FAILED_PRECONDITION that names each part whose port is taken, and how to change it.
 */
export async function choosePorts(
  host: string,
  wanted: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const tries = await Promise.all([...wanted].map(([part, port]) => tryPort(host, part, port)));
  const failures = tries.flatMap((attempt) => (attempt.ok ? [] : [attempt.error.message]));
  await Promise.all(tries.map((attempt) => (attempt.ok ? attempt.release() : undefined)));
  if (failures.length > 0) throw new ParleyError("FAILED_PRECONDITION", failures.join("\n"));
  return new Map(tries.flatMap((attempt) => (attempt.ok ? [[attempt.part, attempt.port] as const] : [])));
}

type Attempt =
  | { readonly ok: true; readonly part: string; readonly port: number; release(): Promise<void> }
  | { readonly ok: false; readonly error: ParleyError };

async function tryPort(host: string, part: string, port: number): Promise<Attempt> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
    const address = server.address();
    return {
      ok: true,
      part,
      port: typeof address === "object" && address !== null ? address.port : port,
      release: async () => void (await new Promise((resolve) => server.close(resolve))),
    };
  } catch (error) {
    return { ok: false, error: explainListenError(error, { part, host, port }) };
  }
}

/** Says in a user's words why a part cannot listen, and what to change. */
export function explainListenError(error: unknown, where: { part: string; host: string; port: number }): ParleyError {
  const { part, host, port } = where;
  const change = `set ${portVariable(part)} or pass --port ${part}=PORT`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `the port is in use; stop what listens there, or ${change}`,
    EACCES: `this user may not listen there; use a port above 1023: ${change}`,
    EADDRNOTAVAIL: "this machine does not have that address; set HOST",
    ENOTFOUND: "the name is not known; set HOST",
  };
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return new ParleyError("FAILED_PRECONDITION", `${part} cannot listen on ${host}:${port}: ${reason}`, {
    cause: error,
  });
}
