import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeLetters, type LetterReport } from "../../src/dlq/letter-report.ts";

const page = readFileSync(new URL("../../../../../docs/reference/cli.md", import.meta.url), "utf8");

const common = {
  state: "waiting",
  firstFailedAt: "2026-03-01T09:58:00.000Z",
  publishedAt: "2026-03-01T09:58:00.000Z",
  contentType: "application/json",
  attributes: {},
  eventId: "e",
} as const;
const assignments = {
  ...common,
  service: "email-notify-service",
  group: "email-notify-service",
  event: "assignments.created",
  key: "7",
  source: "/assignment-service",
};

const LETTERS: readonly LetterReport[] = [
  {
    ...assignments,
    id: "17",
    attempts: 5,
    deadAt: "2026-03-01T10:00:00.000Z",
    reason: { code: "UNAVAILABLE", message: "the mail server is away" },
  },
  {
    ...assignments,
    id: "18",
    attempts: 0,
    deadAt: "2026-03-01T10:00:02.000Z",
    reason: { code: "BLOCKED", message: "waits behind 17" },
  },
  {
    ...common,
    service: "cipas-service",
    group: "queue:similarity-reports",
    event: "similarity-reports",
    source: "/cipas-service",
    id: "3",
    attempts: 2,
    state: "replaying",
    deadAt: "2026-03-01T11:30:00.000Z",
    reason: { code: "NOT_FOUND", message: "course not found" },
  },
];

test("the page shows what the command prints", () => {
  expect(page).toContain(`$ parley dlq --system systems/gradeloop\n${describeLetters(LETTERS)}\n`);
});

test("nothing waits, and that is said", () => {
  expect(describeLetters([])).toBe("no dead letters");
});
