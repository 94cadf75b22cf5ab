/** The servers that `npm run services up` starts, or those that the tests' variables name. */
export const SERVERS = {
  postgres: process.env.PARLEY_TEST_POSTGRES_URL ?? "postgres://postgres:postgres@127.0.0.1:5432/postgres",
  nats: process.env.PARLEY_TEST_NATS_URL ?? "nats://127.0.0.1:4222",
  rabbitmq: process.env.PARLEY_TEST_RABBITMQ_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  redis: process.env.PARLEY_TEST_REDIS_URL ?? "redis://127.0.0.1:6379",
  kafka: `kafka://${(process.env.PARLEY_TEST_KAFKA_BROKERS ?? "127.0.0.1:9092").replace("kafka://", "")}`,
} as const;
