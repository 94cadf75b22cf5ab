export * from "@parley/protobuf/protos/buf/validate/validate_pb.js";
