import type { Clock, Database } from "parleyjs";
import { createAssignmentStore } from "../assignments/assignment-store.ts";
import { createSubmissionStore } from "../assignments/submission-store.ts";
import { beginEmpty } from "./begin-empty.ts";

const DAY_MS = 86_400_000;
const COURSE_ID = 1n;

/** Two solutions that are one: the names differ, the order of the words does not. */
const ALAN = `def binary_search(items, wanted):
    low, high = 0, len(items) - 1
    while low <= high:
        middle = (low + high) // 2
        if items[middle] == wanted:
            return middle
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1
`;
const KATHERINE = `# my own work
def find(values, x):
    a, b = 0, len(values) - 1
    while a <= b:
        m = (a + b) // 2
        if values[m] == x:
            return m
        if values[m] < x:
            a = m + 1
        else:
            b = m - 1
    return -1
`;

/** An assignment that is over, with two submissions of which one is graded, and one that is open. */
export function seedAssignments(db: Database, clock: Clock): Promise<void> {
  return beginEmpty(db, "assignments", async (tx) => {
    const assignments = createAssignmentStore(tx);
    const submissions = createSubmissionStore(tx);
    const inDays = (days: number): Date => new Date(clock.now() + days * DAY_MS);
    const over = await assignments.insert(tx, COURSE_ID, {
      title: "Binary search",
      description: "Find a number in a sorted list, in any language.",
      dueDate: inDays(-1),
      maxPoints: 100,
    });
    await assignments.insert(tx, COURSE_ID, {
      title: "Sorting",
      description: "Sort a list of numbers without a library.",
      dueDate: inDays(14),
      maxPoints: 50,
    });
    const handIn = (studentId: string, content: string, days: number) =>
      submissions.insert(tx, { assignmentId: over.id, studentId, content, at: inDays(days) });
    const first = await handIn("alan", ALAN, -3);
    await handIn("katherine", KATHERINE, -2);
    await submissions.grade(tx, {
      id: first.id,
      points: 95,
      feedback: "Clear and correct.",
      by: "ada",
      at: inDays(-1),
    });
  });
}
