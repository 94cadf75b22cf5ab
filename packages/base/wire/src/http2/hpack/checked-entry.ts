import { nameFault, valueFault } from "../field-rules.ts";
import type { TableEntry } from "./dynamic-table.ts";

/** A field is checked when it enters the table, and then not again however often it is used. */
export interface CheckedEntry extends TableEntry {
  readonly nameFault: string | undefined;
  readonly fault: string | undefined;
}

/** Longer ones are seldom the same on two connections; tokens are such. */
const MAX_SHARED_LENGTH = 64;
const MAX_SHARED = 1_024;

/** Every connection of a service has the same few fields in its table: a third of what an idle one holds if each has its own. */
const shared = new Map<string, CheckedEntry>();

/**
 * A field that a peer wants in its table. Never one that must stay secret (RFC 7541, section 7.1.3): nothing of such a value
 * outlives its connection.
 */
export function entryForTable(name: string, value: string, ofName = nameFault(name)): CheckedEntry {
  if (value.length > MAX_SHARED_LENGTH || SECRET.has(name)) return checkedEntry(name, value, ofName);
  const key = `${name}: ${value}`;
  let entry = shared.get(key);
  if (!entry) {
    entry = checkedEntry(name, value, ofName);
    if (shared.size >= MAX_SHARED) shared.clear();
    shared.set(key, entry);
  }
  return entry;
}

export function checkedEntry(name: string, value: string, ofName = nameFault(name)): CheckedEntry {
  return { name, value, nameFault: ofName, fault: ofName ?? valueFault(name, value) };
}

/** Headers that an intermediary must not put in a table, since a guess could be tested there (section 7.1.3). */
export const SECRET: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "set-cookie",
  "x-service-token",
  "proxy-authorization",
]);
