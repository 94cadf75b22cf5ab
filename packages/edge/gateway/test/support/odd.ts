import type { Message } from "@bufbuild/protobuf";
import { type Call, Metadata, ParleyError } from "@parley/core";
import { createGateway, type Gateway, type GatewayOptions } from "@parley/gateway";
import { OddService } from "../gen/odd_pb.ts";

export interface Odd {
  readonly gateway: Gateway;
  /** The requests that reached the backend, in order. */
  readonly requests: readonly Message[];
}

type Answers = Readonly<Record<string, (request: never) => Message | AsyncIterable<Message>>>;

/** A gateway before the service of odd.proto. A method that has no answer here answers what it is asked. */
export function openOdd(options: Partial<GatewayOptions> = {}, answers: Answers = {}): Odd {
  const requests: Message[] = [];
  const [header, trailer] = [new Metadata(), new Metadata()];
  const call = async (given: Call) => {
    const answer = answers[given.operation.method] as ((request: Message) => unknown) | undefined;
    if (!given.streaming) {
      requests.push(given.message);
      const message = (answer ? await answer(given.message) : given.message) as Message;
      return { streaming: false, header, trailer, message } as const;
    }
    if (!answer) throw new ParleyError("UNIMPLEMENTED", `no ${given.operation.method}`);
    let request: Message | undefined;
    for await (const message of given.messages) request = message;
    requests.push(request as Message);
    return {
      streaming: true,
      header,
      trailer,
      messages: answer(request as Message) as AsyncIterable<Message>,
    } as const;
  };
  const channel = { target: "odd:1", close: async () => {}, call };
  const backend = { name: "odd-service", service: OddService, channel, probe: async () => "serving" as const };
  return { gateway: createGateway({ backends: [backend], ...options }), requests };
}
