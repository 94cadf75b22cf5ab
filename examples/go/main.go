// Command courses shows the courses of gradeloop that a user may see. It logs in, then calls academics-service
// with the user's token, a service token of its own, a deadline for all of it, and the system's call policy.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	academicsv1 "github.com/gradeloop/gradeloop-core-v2/shared/protos/gen/go/academics/v1"
	iamv1 "github.com/gradeloop/gradeloop-core-v2/shared/protos/gen/go/iam/v1"
)

func main() {
	policy := flag.String("policy", "", "file printed by: parley export service-config")
	timeout := flag.Duration("timeout", 3*time.Second, "deadline of the whole program")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	if err := showCourses(ctx, *policy); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func showCourses(ctx context.Context, policy string) error {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(sendServiceToken(os.Getenv("SERVICE_TOKEN"))),
	}
	if policy != "" {
		config, err := os.ReadFile(policy)
		if err != nil {
			return err
		}
		options = append(options, grpc.WithDefaultServiceConfig(string(config)))
	}
	iam, err := grpc.NewClient(address("IAM_SERVICE_URL", "localhost:8084"), options...)
	if err != nil {
		return err
	}
	defer iam.Close()
	academics, err := grpc.NewClient(address("ACADEMICS_SERVICE_URL", "localhost:8081"), options...)
	if err != nil {
		return err
	}
	defer academics.Close()

	login, err := iamv1.NewIamServiceClient(iam).Login(ctx, &iamv1.LoginRequest{
		Email:    os.Getenv("EMAIL"),
		Password: os.Getenv("PASSWORD"),
	})
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+login.GetTokens().GetAccessToken())

	list, err := academicsv1.NewAcademicsServiceClient(academics).ListCourses(ctx, &academicsv1.ListCoursesRequest{})
	if err != nil {
		return fmt.Errorf("list courses: %w", err)
	}
	for _, course := range list.GetCourses() {
		fmt.Printf("%d %s %s (%s)\n", course.GetId(), course.GetCode(), course.GetTitle(), course.GetInstructorId())
	}
	return nil
}

// sendServiceToken tells every callee who calls: the token is made by parley token --service go-client.
func sendServiceToken(token string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		if token != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "x-service-name", "go-client", "x-service-token", token)
		}
		return invoke(ctx, method, request, reply, conn, options...)
	}
}

func address(variable, otherwise string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return otherwise
}
