export * from "@parley/core/protos/parley/v1/options_pb.js";
