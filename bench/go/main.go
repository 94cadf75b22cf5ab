// The peer in Go: a grpc-go server or client, asked by lines of JSON on its input.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
)

type question struct {
	ID       int             `json:"id"`
	Command  string          `json:"command"`
	Argument json.RawMessage `json:"argument"`
}

type answer struct {
	ID      int    `json:"id"`
	Result  any    `json:"result,omitempty"`
	Failure string `json:"failure,omitempty"`
}

// A command takes its argument and returns what is printed as the answer.
type command func(argument json.RawMessage) (any, error)

func main() {
	var commands map[string]command
	switch {
	case len(os.Args) == 2 && os.Args[1] == "server":
		commands = serve()
	case len(os.Args) == 3 && os.Args[1] == "client":
		commands = connect("127.0.0.1:" + os.Args[2])
	default:
		log.Fatal("usage: server | client <port>")
	}
	commands["cpuUs"] = func(json.RawMessage) (any, error) { return cpuUs(), nil }
	answerQuestions(commands)
}

// answerQuestions returns when the input ends.
func answerQuestions(commands map[string]command) {
	input := bufio.NewScanner(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var asked question
		if err := json.Unmarshal(input.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		said := answer{ID: asked.ID}
		if run, known := commands[asked.Command]; !known {
			said.Failure = "unknown command " + asked.Command
		} else if result, err := run(asked.Argument); err != nil {
			said.Failure = err.Error()
		} else {
			said.Result = result
		}
		if err := output.Encode(said); err != nil {
			log.Fatal(err)
		}
	}
}
