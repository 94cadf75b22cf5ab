export * from "@parley/core/protos/buf/validate/validate_pb.js";
