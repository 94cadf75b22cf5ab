package main

import (
	"context"
	"encoding/json"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	benchv1 "parley.example/bench/gen/bench/v1"
)

type benchServer struct {
	benchv1.UnimplementedBenchServiceServer
}

func (benchServer) GetUser(_ context.Context, request *benchv1.GetUserRequest) (*benchv1.GetUserResponse, error) {
	at := &timestamppb.Timestamp{Seconds: 1_767_225_600, Nanos: 123_000_000}
	return &benchv1.GetUserResponse{User: &benchv1.User{
		Id:        request.Id,
		Name:      "Ada Lovelace",
		Email:     "ada.lovelace@example.com",
		Phone:     "+44 20 7946 0958",
		Address:   "12 St James's Square, London SW1Y 4JH",
		CreatedAt: at,
		UpdatedAt: at,
	}}, nil
}

func (benchServer) Echo(_ context.Context, request *benchv1.EchoRequest) (*benchv1.EchoResponse, error) {
	return &benchv1.EchoResponse{Data: request.Data}, nil
}

func (benchServer) Watch(request *benchv1.WatchRequest, stream grpc.ServerStreamingServer[benchv1.WatchResponse]) error {
	for number := int32(1); number <= request.Count; number++ {
		tick := &benchv1.WatchResponse{Number: number, Symbol: "PRLY", Price: float64(number) / 8}
		if err := stream.Send(tick); err != nil {
			return err
		}
	}
	if request.Stay {
		<-stream.Context().Done()
	}
	return nil
}

// serve listens on a free port of the loopback interface.
func serve() map[string]command {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	benchv1.RegisterBenchServiceServer(server, benchServer{})
	go func() { log.Fatal(server.Serve(listener)) }()
	port := listener.Addr().(*net.TCPAddr).Port
	return map[string]command{"port": func(json.RawMessage) (any, error) { return port, nil }}
}
