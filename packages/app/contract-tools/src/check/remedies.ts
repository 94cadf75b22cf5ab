/** What to do about buf's findings, where its own message leaves that open. */
const REMEDIES: Readonly<Record<string, string>> = {
  COMPILE: "Correct the syntax.",
  DIRECTORY_SAME_PACKAGE: "Keep one package per folder.",
  ENUM_FIRST_VALUE_ZERO: "Let the first value be 0 and mean that nothing was said.",
  ENUM_VALUE_NO_DELETE: "Keep the value, or start a new version of the package.",
  ENUM_VALUE_SAME_NAME: "Keep the old name: it is what JSON readers see.",
  ENUM_ZERO_VALUE_SUFFIX: "Name the zero value <ENUM>_UNSPECIFIED.",
  FIELD_NO_DELETE: "Keep the field and mark it `[deprecated = true]`, or start a new version of the package.",
  FIELD_SAME_CARDINALITY: "Keep the field as it was, and add a new field under a new number.",
  FIELD_SAME_JSON_NAME: "Keep the JSON name, and add a new field under a new number.",
  FIELD_SAME_NAME: "Keep the old name: it is what JSON readers see.",
  FIELD_SAME_ONEOF: "Keep the field where it was, and add a new field under a new number.",
  FIELD_SAME_TYPE: "Keep the old type, and add a new field under a new number.",
  FILE_NO_DELETE: "Bring the file back, or start a new version of the package.",
  IMPORT_USED: "Remove the import.",
  MESSAGE_NO_DELETE: "Bring the message back, or start a new version of the package.",
  PACKAGE_DIRECTORY_MATCH: "Move the file to the folder that its package names: `users.v1` lies in `users/v1`.",
  PACKAGE_VERSION_SUFFIX: "End the package with a version, as in `users.v1`, so that a v2 can stand beside it.",
  PROTOVALIDATE: "Correct the rule; see https://protovalidate.com/reference/rules.",
  RESERVED_MESSAGE_NO_DELETE: "Keep the reservation: the number or name must never come back with another meaning.",
  RPC_NO_DELETE: "Bring the method back and mark it deprecated, or start a new version of the package.",
  RPC_REQUEST_RESPONSE_UNIQUE: "Give each method messages of its own, so that one can change without the other.",
  RPC_REQUEST_STANDARD_NAME: "Name the request after the method: GetUser takes a GetUserRequest.",
  RPC_RESPONSE_STANDARD_NAME: "Name the response after the method: GetUser returns a GetUserResponse.",
  RPC_SAME_IDEMPOTENCY_LEVEL: "Keep the level: callers decide by it whether a retry is safe.",
  RPC_SAME_REQUEST_TYPE: "Keep the request type, and add a new method.",
  RPC_SAME_RESPONSE_TYPE: "Keep the response type, and add a new method.",
  SERVICE_NO_DELETE: "Bring the service back, or start a new version of the package.",
  SERVICE_SUFFIX: "End the name with Service.",
};

/** The remedy for one of buf's rules; for a rare one, where its documentation lies. */
export function bufRemedy(rule: string, kind: "lint" | "breaking"): string {
  return REMEDIES[rule] ?? `See https://buf.build/docs/${kind}/rules/#${rule.toLowerCase()}.`;
}
