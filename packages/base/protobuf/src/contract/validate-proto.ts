/** Generated contracts import the validation options from here (`@parley/protobuf/protos/buf/validate/validate_pb.js`). */
export * from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
