/** `@bufbuild/protobuf` for packages that name `parley` alone: generated code imports it from here then. */
export * from "@bufbuild/protobuf";
