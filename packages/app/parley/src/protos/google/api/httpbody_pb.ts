export * from "@parley/core/protos/google/api/httpbody_pb.js";
