import assert from "node:assert/strict";
import { createServer } from "@parley/rpc";
import { runProgram } from "../../scripts/services/run-program.ts";
import { type GoProgram, installGoProgram } from "../go-programs.ts";
import { runCases } from "./run-cases.ts";
import { testService } from "./test-service.ts";

const GRPCURL: GoProgram = { path: "github.com/fullstorydev/grpcurl/cmd/grpcurl", version: "v1.9.3" };
const CASE_LIMIT_MS = 30_000;
const SERVICE = "grpc.testing.TestService";

/** grpcurl knows no contract: it learns ours by reflection. @returns how many cases failed. */
export async function runGrpcurl(): Promise<number> {
  const program = await installGoProgram(GRPCURL);
  const server = createServer({ services: [testService] });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const ask = (...args: string[]) => runProgram(program, ["-plaintext", ...args], { timeoutMs: CASE_LIMIT_MS });
  const target = `127.0.0.1:${port}`;
  const call = (method: string, request: object, ...flags: string[]) =>
    ask(...flags, "-d", JSON.stringify(request), target, `${SERVICE}/${method}`);
  try {
    return await runCases("grpcurl, Parley's server", {
      list: async () => assert.match(await ask(target, "list"), /^grpc\.testing\.TestService$/m),
      list_methods: async () =>
        assert.match(await ask(target, "list", SERVICE), /^grpc\.testing\.TestService\.UnaryCall$/m),
      describe: async () =>
        assert.match(await ask(target, "describe", "grpc.testing.SimpleRequest"), /int32 response_size = 2;/),
      unary: async () => {
        const answer = JSON.parse(await call("UnaryCall", { responseSize: 3 }));
        assert.deepEqual(answer, { payload: { body: "AAAA" } });
      },
      stream: async () => {
        const answers = await call("StreamingOutputCall", { responseParameters: [{ size: 1 }, { size: 2 }] });
        assert.equal(answers.match(/"body"/g)?.length, 2);
      },
      error: () =>
        assert.rejects(
          call("UnaryCall", { responseStatus: { code: 5, message: "no such thing" } }),
          /Code: NotFound[\s\S]*no such thing/,
        ),
      deadline: () =>
        assert.rejects(
          call("StreamingOutputCall", { responseParameters: [{ size: 1, intervalUs: 5_000_000 }] }, "-max-time", "0.2"),
          /DeadlineExceeded/,
        ),
    });
  } finally {
    await server.drain({ graceMs: 0 });
  }
}
