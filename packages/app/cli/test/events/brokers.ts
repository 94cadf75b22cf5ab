import { once } from "node:events";
import { connect } from "node:net";

const { env } = process;

/** Where `npm run services up` puts the brokers. */
export const BROKERS = {
  NATS: env.PARLEY_TEST_NATS_URL ?? "nats://127.0.0.1:4222",
  RABBITMQ: env.PARLEY_TEST_RABBITMQ_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  REDIS: env.PARLEY_TEST_REDIS_URL ?? "redis://127.0.0.1:6379",
  KAFKA: env.PARLEY_TEST_KAFKA_URL ?? "kafka://127.0.0.1:9092",
} as const;

export async function isReachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
