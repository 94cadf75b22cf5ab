import { failedPrecondition } from "@parley/core";
import { describe, expect, it } from "vitest";
import type { RequestReply } from "../../event-transport.ts";
import { createGate, encode, failureOf, type Scene, type Suite, withScene } from "./suite.ts";

export function describeRequests(suite: Suite): void {
  describe("request and reply", () => {
    const inScene = (name: string, test: (scene: Scene, requests: RequestReply) => Promise<void>): void =>
      it(name, ({ skip }) =>
        withScene(suite, async (scene) => {
          const { requests } = scene.transport;
          if (!requests) return skip("the transport has no request and reply");
          await test(scene, requests);
        }),
      );
    const soon = (): AbortSignal => AbortSignal.timeout(suite.patienceMs);

    inScene("brings one answer, attribute by attribute", async (scene, requests) => {
      const answer = scene.event({ type: "answer", subject: "s", extensions: { correlationid: "c-1" } });
      const asked: unknown[] = [];
      const other = await scene.connect();
      const responder = await other.requests?.respond(scene.topic, scene.group, async (envelope) => {
        asked.push({ ...envelope, data: [...envelope.data] });
        return answer;
      });
      const question = scene.event({ key: "k", data: encode({ question: true }) });
      const reply = await requests.request(scene.topic, question, { signal: soon() });
      expect(asked).toEqual([{ ...question, data: [...question.data] }]);
      expect({ ...reply, data: [...reply.data] }).toEqual({ ...answer, data: [...answer.data] });
      await responder?.close();
    });

    inScene("brings the error of a handler that rejects", async (scene, requests) => {
      const responder = await requests.respond(scene.topic, scene.group, async () => {
        throw failedPrecondition("the course is closed");
      });
      const error = await failureOf(requests.request(scene.topic, scene.event(), { signal: soon() }));
      expect(error).toMatchObject({ code: "FAILED_PRECONDITION", message: "the course is closed" });
      await responder.close();
    });

    inScene("shares requests among a group, each answered once", async (scene, requests) => {
      const answered: string[] = [];
      for (const transport of [scene.transport, await scene.connect()]) {
        await transport.requests?.respond(scene.topic, scene.group, async (envelope) => {
          answered.push(envelope.id);
          return envelope;
        });
      }
      const questions = Array.from({ length: 20 }, () => scene.event());
      const replies = await Promise.all(
        questions.map((question) => requests.request(scene.topic, question, { signal: soon() })),
      );
      expect(replies.map(({ id }) => id)).toEqual(questions.map(({ id }) => id));
      expect(answered.sort()).toEqual(questions.map(({ id }) => id).sort());
    });

    inScene("fails at once when nobody answers", async (scene, requests) => {
      const error = await failureOf(requests.request(scene.topic, scene.event(), { signal: soon() }));
      expect(error.code).toBe("UNAVAILABLE");
    });

    inScene("ends with the signal", async (scene, requests) => {
      const gate = createGate();
      await requests.respond(scene.topic, scene.group, async (envelope) => {
        await gate.pass();
        return envelope;
      });
      const asked = requests.request(scene.topic, scene.event(), { signal: AbortSignal.timeout(100) });
      expect((await failureOf(asked)).code).toBe("DEADLINE_EXCEEDED");
      gate.open();
    });
  });
}
