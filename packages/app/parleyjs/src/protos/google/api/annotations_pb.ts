export * from "@parley/protobuf/protos/google/api/annotations_pb.js";
