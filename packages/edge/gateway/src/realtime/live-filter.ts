import { invalidArgument } from "@parley/core";
import type { LiveEntry } from "./live-entry.ts";

/** What one subscription wants to hear. */
export interface LiveFilter {
  /** Names of events; empty for all that there are. */
  readonly events: readonly string[];
  /** Subjects, each with all below it: `courses/7` takes in `courses/7/assignments/3`. Empty for all. */
  readonly resources: readonly string[];
  matches(entry: LiveEntry): boolean;
}

const MAX_MEMBERS = 100;
const MAX_LENGTH = 256;

/** @throws ParleyError INVALID_ARGUMENT that names what is wrong with each member. */
export function createLiveFilter(
  wanted: { readonly events: readonly string[]; readonly resources: readonly string[] },
  known: readonly string[],
): LiveFilter {
  const { events, resources } = wanted;
  const violations = [
    ...tooMany("events", events),
    ...tooMany("resources", resources),
    ...events
      .filter((name) => !known.includes(name))
      .map((name) => ({
        field: "events",
        description: `has no ${JSON.stringify(name.slice(0, MAX_LENGTH))}: there are ${known.join(", ")}`,
      })),
    ...resources
      .filter((resource) => resource === "" || resource.length > MAX_LENGTH)
      .map(() => ({ field: "resources", description: `must have 1 to ${MAX_LENGTH} characters each` })),
  ];
  if (violations.length > 0) throw invalidArgument(violations);
  const names = new Set(events);
  return {
    events,
    resources,
    matches: ({ name, envelope: { subject } }) =>
      (names.size === 0 || names.has(name)) &&
      (resources.length === 0 ||
        (subject !== undefined &&
          resources.some((resource) => subject === resource || subject.startsWith(`${resource}/`)))),
  };
}

function tooMany(field: string, members: readonly string[]) {
  return members.length > MAX_MEMBERS ? [{ field, description: `must not have more than ${MAX_MEMBERS} members` }] : [];
}
