export * from "@parley/core/protos/google/api/annotations_pb.js";
