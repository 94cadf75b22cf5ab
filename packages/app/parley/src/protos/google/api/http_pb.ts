export * from "@parley/core/protos/google/api/http_pb.js";
