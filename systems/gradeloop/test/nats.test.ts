import { connect } from "@nats-io/transport-node";
import { describe, expect, test, vi } from "vitest";
import { startGradeloop } from "./support/gradeloop-system.ts";
import { listenSse } from "./support/live.ts";
import { canStartNats, startNats } from "./support/own-nats.ts";
import { logIn } from "./support/people.ts";
import { assign, handIn, published } from "./support/things.ts";

const patience = { timeout: 20_000, interval: 50 };

describe.skipIf(!canStartNats())("on NATS, by one address", () => {
  test("any client of NATS reads events as plain JSON, and everything else goes on as before", async () => {
    await using broker = await startNats();
    await using system = await startGradeloop({ env: { EVENTS_URL: broker.url } });
    const gateway = system.addressOf("gateway");
    const people = await logIn(gateway, ["ada", "alan"]);
    const course = await published(people, ["alan"]);

    const plain = await connect({ servers: broker.url });
    const heard: { readonly subject: string; readonly json: unknown }[] = [];
    for (const subject of ["assignments.created", "submissions.graded"]) {
      plain.subscribe(subject, {
        callback: (_, message) => void heard.push({ subject: message.subject, json: message.json() }),
      });
    }
    await plain.flush();
    const token = people.tokens.get("alan")?.access_token ?? "";
    await using live = await listenSse(gateway, { token, resources: [`courses/${course.id}`] });

    const assignment = await assign(people, course, { title: "By NATS" });
    await vi.waitFor(() => expect(heard).toHaveLength(1), patience);
    expect(heard[0]).toEqual({
      subject: "assignments.created",
      json: { assignment_id: assignment.id, course_id: course.id, title: "By NATS", due_date: assignment.due_date },
    });
    const { id } = await handIn(people, "alan", assignment);
    await people.done("ada", 200, `POST /submissions/${id}/grade`, { points: 7.5 });
    await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ json: { submission_id: id, points: 7.5 } }), patience);
    await plain.close();

    await vi.waitFor(() => {
      const names = live.events.map(({ event }) => event);
      expect(names).toEqual(expect.arrayContaining(["assignments.created", "submissions.graded"]));
    }, patience);
    await vi.waitFor(async () => {
      const mails = await people.done<{ subject: string }[]>("alan", 200, "GET /notifications");
      expect(mails.map(({ subject }) => subject).sort()).toEqual([
        "Graded: By NATS",
        "New assignment: By NATS",
        `Welcome to ${course.title}`,
      ]);
    }, patience);
  });
});
