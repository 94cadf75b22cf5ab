/** The well-known types: `Timestamp`, `Duration`, `Empty`, … */
export * from "@bufbuild/protobuf/wkt";
