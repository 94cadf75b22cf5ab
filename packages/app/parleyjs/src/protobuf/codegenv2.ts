/** What generated code is made of. */
export * from "@bufbuild/protobuf/codegenv2";
