export * from "@parley/protobuf/protos/google/api/httpbody_pb.js";
