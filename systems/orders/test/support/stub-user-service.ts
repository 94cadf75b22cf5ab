import { createServer, implement } from "@parley/rpc";
import type { HandlerContext, ServiceImplementation } from "parleyjs";
import { UserService } from "../../gen/users/v1/users_pb.ts";

export interface StubUserService extends AsyncDisposable {
  readonly address: string;
  /** Resolves when a method that hangs has been told to give up. */
  readonly cancelled: Promise<void>;
}

/** A real server that stands where user-service would. Methods that are not given never answer. */
export async function startStubUserService(
  methods: Partial<ServiceImplementation<typeof UserService>> = {},
): Promise<StubUserService> {
  const cancelled = Promise.withResolvers<void>();
  const hang = (_: unknown, { signal }: HandlerContext): Promise<never> =>
    new Promise(() => signal.addEventListener("abort", () => cancelled.resolve(), { once: true }));
  const server = createServer({
    services: [
      implement(UserService, {
        createUser: hang,
        getUser: hang,
        listUsers: hang,
        updateUser: hang,
        deleteUser: hang,
        validateUser: hang,
        ...methods,
      }),
    ],
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    address: `127.0.0.1:${port}`,
    cancelled: cancelled.promise,
    [Symbol.asyncDispose]: async () => void (await server.drain({ graceMs: 1_000 })),
  };
}
