/** For the other packages of Parley; outside of semantic versioning. */
export { isBareMethod } from "./contract/method-options.ts";
export { readDescriptors, servicesIn } from "./contract-files/descriptors.ts";
export {
  DESCRIPTORS_FILE,
  findContracts,
  LANGUAGES,
  type Language,
  listProtos,
  openSystemFolder,
  type SystemFolder,
} from "./contract-files/system-folder.ts";
export { assignField, fieldValue, holderOf } from "./json/assign-field.ts";
export { contractRegistry } from "./json/contract-registry.ts";
export {
  CONTRACT_NAMES,
  edgeFieldPath,
  enumNamesOf,
  fieldNameOf,
  findField,
  isKnownEnumText,
} from "./json/json-names.ts";
export { JsonReader, shorten } from "./json/json-reader.ts";
export { resolveJsonStyle } from "./json/json-style.ts";
export { createMessageReaders, type MessageReaders } from "./json/message-reader.ts";
export { createMessageWriters, type MessageWriters } from "./json/message-writer.ts";
export { missingFields } from "./json/required-fields.ts";
export { fieldTextParser, type TextParser, wrappedScalar } from "./json/scalar-text.ts";
export { hasCustomJson } from "./json/well-known.ts";
