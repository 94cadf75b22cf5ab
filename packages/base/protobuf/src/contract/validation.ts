import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator, Violation } from "@bufbuild/protovalidate";
import type { FieldViolation } from "@parley/core";
import { invalidArgument, ParleyError } from "@parley/core";
import { hasRules } from "./has-rules.ts";
import { loadProtovalidate } from "./load-protovalidate.ts";

/**
 * Checks a message against the rules of its contract.
 * @throws ParleyError INVALID_ARGUMENT with one violation per broken rule.
 */
export type MessageValidator = (message: Message) => void;

/** The validator of a message type; undefined if neither the type nor one that it can hold carries a rule. */
export type MessageValidators = (schema: DescMessage) => MessageValidator | undefined;

/**
 * Validators for the rules declared with `buf.validate` options. Rules are compiled once per message type, at its first message.
 *
 * The first type with a rule loads protovalidate with its CEL interpreter, 5 MB of memory, which a process without
 * rules never loads. Therefore ask for a type's validator while the process starts, not for the first message that arrives.
 * @see https://protovalidate.com
 */
export function createMessageValidators(): MessageValidators {
  const known = new Map<DescMessage, MessageValidator | undefined>();
  let validator: Validator | undefined;
  const loaded = (): Validator => (validator ??= loadProtovalidate().createValidator());
  return (schema) => {
    if (known.has(schema)) return known.get(schema);
    const validate = hasRules(schema) ? createMessageValidator(schema, loaded()) : undefined;
    known.set(schema, validate);
    return validate;
  };
}

function createMessageValidator(schema: DescMessage, validator: Validator): MessageValidator {
  return (message) => {
    const result = validator.validate(schema, message);
    if (result.kind === "invalid") throw invalidArgument(result.violations.map(toFieldViolation));
    if (result.kind === "error") {
      throw new ParleyError(
        "INTERNAL",
        `the validation rules of ${schema.typeName} are broken: ${result.error.message}`,
        {
          cause: result.error,
        },
      );
    }
  };
}

/**
 * Finds the fields of a message, by name, that must be given a value because the rules refuse their zero: those marked `required`, and
 * those whose zero is too small, too short, or not allowed for any other reason. In JSON, leaving one out is refused.
 */
export function createRequiredFields(): (schema: DescMessage) => ReadonlySet<string> {
  let validator: Validator | undefined;
  return (schema) => {
    if (!hasRules(schema)) return new Set();
    validator ??= loadProtovalidate().createValidator();
    const result = validator.validate(schema, create(schema));
    const broken = result.kind === "invalid" ? result.violations : [];
    return new Set(broken.flatMap(({ field: [first] }) => (first?.kind === "field" ? [first.name] : [])));
  };
}

/** How standard rules begin their messages; the field's name takes its place. */
const SUBJECT = /^value /;

function toFieldViolation(violation: Violation): FieldViolation {
  const field = pathToString(violation.field);
  const reason = violation.ruleId;
  // A rule that the contract words itself may name the field again ("email is required"): say it once.
  const own = `${violation.field.at(-1)?.kind === "field" ? field.split(".").at(-1) : field} `;
  const { message } = violation;
  const description = SUBJECT.test(message)
    ? message.replace(SUBJECT, "")
    : message.startsWith(own)
      ? message.slice(own.length)
      : message;
  return { field, description: description || "is not valid", reason };
}
