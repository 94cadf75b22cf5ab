import type { Finding } from "./read-report.ts";

/** A kind of finding that is no fault, and why. */
export interface Exclusion {
  readonly reason: string;
  matches(finding: Finding): boolean;
}

/** Data that the schema allows and a rule of the domain refuses, which no JSON Schema can say. By the message of the answer. */
const rule = (reason: string, message: RegExp): Exclusion => ({
  reason,
  matches: ({ check, responseBody }) => check === "positive_data_acceptance" && message.test(responseBody),
});

/** All findings that are known and no fault. What none of them matches fails the suite. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    reason: "orders outlive the user whose they are, and a user without orders has an empty list",
    matches: ({ check, request }) => check === "use_after_free" && /^GET \S+\/users\/\d+\/orders(?:\?|$)/.test(request),
  },
  rule("an order's status follows its life, which is data", /"an order cannot go from [A-Z]+ to [A-Z]+"/),
  {
    reason:
      "null is how ProtoJSON writes a field that is absent: it is accepted and never sent, so the schema does not offer it",
    matches: ({ check, message, requestBody }) =>
      check === "negative_data_rejection" && /Incorrect type|type/.test(message) && /:\s*null\b/.test(requestBody),
  },
  rule(
    "a page token is what an earlier page of the same list ended with",
    /page_?token.{0,30}must be what an earlier page/i,
  ),
  rule("a due date lies in the future, and the schema knows no clock", /"due_date","message":"must be a future date"/),
  rule("an assignment takes no submissions after its due date", /"the assignment was due at /),
  rule("which users teach or attend is data", /"message":"must be a user with the role /),
  rule("the names of events that webhooks may ask for are those of the running system", /"events.{0,20}must be among /),
  rule(
    "the digits of an amount are counted in decimal",
    /"the amount \S+ has more digits than a JSON number can hold"/,
  ),
  rule(
    "an order's total, of all items together, has a bound",
    /^\{"error":"a value does not fit where it is to be stored"\}$/,
  ),
];
