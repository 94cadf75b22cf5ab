import type { DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";

/** The number of the options `(buf.validate.message)`, `(buf.validate.oneof)` and `(buf.validate.field)`. */
const RULES_OPTION = 1159;

/**
 * Whether a message, or one that it can hold, carries a `buf.validate` rule. It looks for the option's number alone and so
 * needs neither protovalidate nor its descriptors.
 */
export function hasRules(schema: DescMessage): boolean {
  const seen = new Set<DescMessage>([schema]);
  for (const message of seen) {
    if (declaresRules(message)) return true;
    for (const { message: held } of message.fields) if (held) seen.add(held);
  }
  return false;
}

function declaresRules(message: DescMessage): boolean {
  return hasOption(message) || message.fields.some(hasOption) || message.oneofs.some(hasOption);
}

function hasOption({ proto }: DescMessage | DescField | DescOneof): boolean {
  return proto.options?.$unknown?.some(({ no }) => no === RULES_OPTION) ?? false;
}
