export * from "@parley/protobuf/protos/parley/v1/options_pb.js";
