import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type requestCallback,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { TlsPaths } from "../rpc/peer.ts";
import { SAMPLE_TIME, SAMPLE_USER } from "./sample-user.ts";
import { tickOf } from "./ticks.ts";

/** A user as proto-loader gives it. */
export interface LoadedUser {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly address: string;
  readonly createdAt: { readonly seconds: number; readonly nanos: number };
  readonly updatedAt: { readonly seconds: number; readonly nanos: number };
}

export interface GetUserResponse {
  readonly user: LoadedUser;
}

interface WatchRequest {
  readonly count: number;
  readonly stay?: boolean;
}

type Tick = ReturnType<typeof tickOf>;

/** The clients that grpc-js makes at run time. */
export interface UsersClient extends Client {
  getUser(request: { id: number }, callback: requestCallback<GetUserResponse>): unknown;
  getUser(request: { id: number }, options: { deadline: number }, callback: requestCallback<GetUserResponse>): unknown;
}

export interface BenchClient extends Client {
  echo(request: { data: Uint8Array }, callback: requestCallback<{ data: Uint8Array }>): unknown;
  watch(request: WatchRequest): ClientReadableStream<Tick>;
}

const folder = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** grpc-js with proto-loader: the way its own documentation begins. */
function loadService(file: string, packageName: string, service: string): ServiceClientConstructor {
  const definition = loadSync(file, {
    includeDirs: ["systems/orders/protos", "packages/base/protobuf/protos", "bench/protos"].map(folder),
    longs: Number,
    enums: String,
    defaults: true,
  });
  const root = (loadPackageDefinition(definition)[packageName] as GrpcObject).v1 as GrpcObject;
  return root[service] as ServiceClientConstructor;
}

const UserService = loadService("users/v1/users.proto", "users", "UserService");
const BenchService = loadService("bench/v1/bench.proto", "bench", "BenchService");

/** Without it, all clients of a process would share one connection to an address. */
const OWN_CONNECTION: ChannelOptions = { "grpc.use_local_subchannel_pool": 1 };

function clientCredentials(tls: TlsPaths | undefined): ChannelCredentials {
  return tls ? credentials.createSsl(readFileSync(tls.caPath)) : credentials.createInsecure();
}

export function createGrpcJsClient(port: number, tls?: TlsPaths): UsersClient {
  return new UserService(`127.0.0.1:${port}`, clientCredentials(tls), OWN_CONNECTION) as unknown as UsersClient;
}

export function createGrpcJsBenchClient(port: number, tls?: TlsPaths): BenchClient {
  return new BenchService(`127.0.0.1:${port}`, clientCredentials(tls), OWN_CONNECTION) as unknown as BenchClient;
}

export async function startGrpcJsServer(tls?: TlsPaths): Promise<number> {
  const server = new Server();
  const response: GetUserResponse = { user: { ...SAMPLE_USER, createdAt: SAMPLE_TIME, updatedAt: SAMPLE_TIME } };
  server.addService(UserService.service, {
    getUser: (
      call: { request: { id: number } },
      callback: (error: ServiceError | null, response: GetUserResponse) => void,
    ) => callback(null, { user: { ...response.user, id: call.request.id } }),
  });
  server.addService(BenchService.service, {
    echo: (
      call: { request: { data: Uint8Array } },
      callback: (error: ServiceError | null, response: { data: Uint8Array }) => void,
    ) => callback(null, { data: call.request.data }),
    watch: sendTicks,
  });
  const serverCredentials = tls
    ? ServerCredentials.createSsl(null, [
        { cert_chain: readFileSync(tls.certPath), private_key: readFileSync(tls.keyPath) },
      ])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", serverCredentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

/** Writes as fast as the stream takes it. */
function sendTicks(call: ServerWritableStream<WatchRequest, Tick>): void {
  const { count, stay } = call.request;
  let number = 0;
  const writeOn = (): void => {
    while (number < count) {
      if (!call.write(tickOf(++number))) return void call.once("drain", writeOn);
    }
    if (!stay) call.end();
  };
  writeOn();
}
