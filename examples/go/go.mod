module example.com/gradeloop-courses

go 1.25

require (
	github.com/gradeloop/gradeloop-core-v2/shared/protos/gen/go v0.0.0
	google.golang.org/grpc v1.80.0
)

require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.12-20260825204119-511051f7f437.2 // indirect
	golang.org/x/net v0.49.0 // indirect
	golang.org/x/sys v0.40.0 // indirect
	golang.org/x/text v0.33.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260120221211-b8f7ae30c516 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260120221211-b8f7ae30c516 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

// Made by: systems/gradeloop/scripts/generate-protos.sh go
replace github.com/gradeloop/gradeloop-core-v2/shared/protos/gen/go => ../../systems/gradeloop/shared/protos/gen/go
