package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	benchv1 "parley.example/bench/gen/bench/v1"
)

// As in src/rpc/cases.ts.
const largeBytes = 4*1024*1024 - 16

const userID = 42

func connect(target string) map[string]command {
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	client := benchv1.NewBenchServiceClient(connection)
	return map[string]command{
		"measure": func(argument json.RawMessage) (any, error) {
			var asked load
			if err := json.Unmarshal(argument, &asked); err != nil {
				return nil, err
			}
			call, err := callOf(client, asked)
			if err != nil {
				return nil, err
			}
			return closedLoop(call, asked)
		},
	}
}

// callOf is the call that is measured. It checks its answer.
func callOf(client benchv1.BenchServiceClient, asked load) (func(context.Context) error, error) {
	switch asked.Case {
	case "unary":
		return func(ctx context.Context) error { return getUser(ctx, client) }, nil
	case "stream":
		return func(ctx context.Context) error { return readTicks(ctx, client, int32(asked.UnitsPerCall)) }, nil
	case "large":
		data := make([]byte, largeBytes)
		return func(ctx context.Context) error { return echo(ctx, client, data) }, nil
	default:
		return nil, fmt.Errorf("unknown case %q", asked.Case)
	}
}

func getUser(ctx context.Context, client benchv1.BenchServiceClient) error {
	response, err := client.GetUser(ctx, &benchv1.GetUserRequest{Id: userID})
	if err == nil && (response.GetUser().GetId() != userID || response.GetUser().GetEmail() == "") {
		return fmt.Errorf("asked for user %d, got %v", userID, response)
	}
	return err
}

func echo(ctx context.Context, client benchv1.BenchServiceClient, data []byte) error {
	response, err := client.Echo(ctx, &benchv1.EchoRequest{Data: data})
	if err == nil && len(response.Data) != len(data) {
		return fmt.Errorf("sent %d bytes, got %d back", len(data), len(response.Data))
	}
	return err
}

func readTicks(ctx context.Context, client benchv1.BenchServiceClient, count int32) error {
	stream, err := client.Watch(ctx, &benchv1.WatchRequest{Count: count})
	if err != nil {
		return err
	}
	var last int32
	for {
		tick, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		last = tick.Number
	}
	if last != count {
		return fmt.Errorf("asked for %d ticks, the last was %d", count, last)
	}
	return nil
}
