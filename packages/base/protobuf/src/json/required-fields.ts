import { type DescField, type DescMessage, isFieldSet, type Message } from "@bufbuild/protobuf";
import type { FieldViolation } from "@parley/core";
import { fieldValue } from "./assign-field.ts";

/** `FeatureSet.FieldPresence.LEGACY_REQUIRED`. */
const LEGACY_REQUIRED = 3;

/** What can be missing in messages of a type: nothing, in nearly every one. */
interface Plan {
  readonly required: readonly DescField[];
  /** Fields whose messages may lack something in their turn. */
  readonly within: readonly DescField[];
}

const NONE: readonly FieldViolation[] = [];
const plans = new WeakMap<DescMessage, Plan>();

/**
 * The fields that proto2 calls `required` and a message lacks, in the messages within it as well, each a violation. A message that
 * lacks one cannot be encoded, which is a mistake of the handler that made it and not of the client.
 */
export function missingFields(schema: DescMessage, message: Message): readonly FieldViolation[] {
  const { required, within } = planOf(schema);
  if (required.length === 0 && within.length === 0) return NONE;
  const violations: FieldViolation[] = required
    .filter((field) => !isFieldSet(message, field))
    .map(({ name }) => ({ field: name, description: "is required" }));
  for (const field of within) {
    for (const [path, child] of messagesIn(message, field)) {
      const missing = missingFields(field.message as DescMessage, child);
      for (const { field: name, description } of missing) violations.push({ field: `${path}.${name}`, description });
    }
  }
  return violations;
}

function* messagesIn(message: Message, field: DescField): Iterable<readonly [path: string, child: Message]> {
  const value = fieldValue(message, field) as Message | Message[] | Record<string, Message> | undefined;
  if (value === undefined) return;
  if (field.fieldKind === "message") return yield [field.name, value as Message];
  const isList = field.fieldKind === "list";
  for (const [key, child] of Object.entries(value as Record<string, Message>)) {
    yield [isList ? `${field.name}[${key}]` : `${field.name}.${key}`, child];
  }
}

function planOf(schema: DescMessage): Plan {
  let plan = plans.get(schema);
  if (!plan) {
    plan = {
      required: schema.fields.filter((field) => isRequired(field)),
      within: schema.fields.filter((field) => field.message && mayLack(field.message, new Set())),
    };
    plans.set(schema, plan);
  }
  return plan;
}

function mayLack(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return schema.fields.some((field) => isRequired(field) || (field.message && mayLack(field.message, seen)));
}

const isRequired = (field: DescField): boolean => field.presence === LEGACY_REQUIRED;
