export * from "@parley/protobuf/protos/google/api/http_pb.js";
