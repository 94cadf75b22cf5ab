/**
 * Every metric that Parley emits, by its name at `/metrics`. docs/reference/metrics.md has the same list; a test holds
 * the two together.
 *
 * The names are our own: they follow Prometheus' naming rules (unit in the name, `_total` for counters). The semantic
 * conventions of OpenTelemetry have names for the durations of calls (`rpc.server.call.duration`), but none for retries,
 * breakers and the rest, and one system of names serves a reader better than two.
 */
export interface MetricDefinition {
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
}

export const METRICS = {
  parley_calls_total: {
    help: "Calls that have ended.",
    type: "counter",
    labels: ["service", "method", "side", "code"],
  },
  parley_call_duration_seconds: {
    help: "Time from a call to the end of its reply.",
    type: "histogram",
    labels: ["service", "method", "side"],
  },
  parley_calls_in_flight: {
    help: "Calls that have begun and not ended.",
    type: "gauge",
    labels: ["service", "method", "side"],
  },
  parley_call_retries_total: {
    help: "Failed attempts that were followed by another.",
    type: "counter",
    labels: ["target", "method", "code"],
  },
  parley_call_retries_refused_total: {
    help: "Retries not made because the target's retry budget was used up.",
    type: "counter",
    labels: ["target", "method"],
  },
  parley_call_queue_seconds: {
    help: "Time calls waited for a free stream or connection; only calls that had to wait.",
    type: "histogram",
    labels: ["target"],
  },
  parley_breaker_state: {
    help: "State of a target's circuit breaker: 0 closed, 1 half-open, 2 open.",
    type: "gauge",
    labels: ["target"],
  },
  parley_breaker_changes_total: {
    help: "Changes of a circuit breaker, by the state it went to.",
    type: "counter",
    labels: ["target", "to"],
  },
  parley_connection_changes_total: {
    help: "Changes of connections, by the state they went to.",
    type: "counter",
    labels: ["target", "to"],
  },
  parley_http_requests_total: {
    help: "HTTP requests that the gateway has answered.",
    type: "counter",
    labels: ["method", "route", "status"],
  },
  parley_http_request_duration_seconds: {
    help: "Time from an HTTP request's header to the end of its answer.",
    type: "histogram",
    labels: ["method", "route"],
  },
  parley_http_connections: {
    help: "Open connections of the gateway's clients, WebSockets included.",
    type: "gauge",
    labels: [],
  },
  parley_http_connections_refused_total: {
    help: "Connections that were one too many, by whose limit.",
    type: "counter",
    labels: ["limit"],
  },
  parley_http_unfinished_bodies: {
    help: "Request bodies of which only a part has come.",
    type: "gauge",
    labels: [],
  },
  parley_http_unfinished_body_bytes: {
    help: "Memory that unfinished request bodies take.",
    type: "gauge",
    labels: [],
  },
  parley_http_bodies_refused_total: {
    help: "Request bodies refused because unfinished ones took all the room, by whose limit.",
    type: "counter",
    labels: ["limit"],
  },
  parley_live_clients: {
    help: "Clients that receive live events.",
    type: "gauge",
    labels: ["kind"],
  },
  parley_live_resets_total: {
    help: "Times a live client was told that events may be missing, by reason.",
    type: "counter",
    labels: ["reason"],
  },
  parley_tls_certificate_expiry_seconds: {
    help: "When the gateway's certificate expires, in Unix seconds.",
    type: "gauge",
    labels: [],
  },
  parley_build_info: {
    help: "Always 1; the labels name what runs.",
    type: "gauge",
    labels: ["version", "node"],
  },
  parley_events_handled_total: {
    help: "Events and jobs that a handler was given, by how that ended.",
    type: "counter",
    labels: ["kind", "name", "group", "outcome", "code"],
  },
  parley_event_handling_seconds: {
    help: "Time that one attempt took, its commit included.",
    type: "histogram",
    labels: ["kind", "name", "group"],
  },
  parley_event_age_seconds: {
    help: "Time from the publishing of an event to the end of its handling.",
    type: "histogram",
    labels: ["name", "group"],
  },
  parley_events_relayed_total: {
    help: "Events that the outbox handed to the broker, or could not.",
    type: "counter",
    labels: ["name", "code"],
  },
  parley_events_waiting: {
    help: "Events, jobs and webhooks that wait: to be sent, to be handled, or to be worked on.",
    type: "gauge",
    labels: ["of", "name", "group"],
  },
  parley_events_waiting_oldest_seconds: {
    help: "How long the oldest of them has waited, where that is known.",
    type: "gauge",
    labels: ["of", "name", "group"],
  },
  parley_dead_letters: {
    help: "Dead letters that are stored: what could not be handled, and what waits behind it.",
    type: "gauge",
    labels: ["name", "group"],
  },
  parley_dead_letters_oldest_seconds: {
    help: "How long the oldest of them has been a dead letter.",
    type: "gauge",
    labels: ["name", "group"],
  },
  parley_event_transport_connected: {
    help: "Whether a part is connected to the broker of its events: 1 connected, 0 away.",
    type: "gauge",
    labels: ["part", "transport"],
  },
  parley_event_transport_losses_total: {
    help: "How often the connection to the broker was lost.",
    type: "counter",
    labels: ["part", "transport"],
  },
  parley_database_connections: {
    help: "Connections of the pool of a database that are in use.",
    type: "gauge",
    labels: ["part", "database"],
  },
  parley_database_connections_max: {
    help: "Connections that the pool may have.",
    type: "gauge",
    labels: ["part", "database"],
  },
  parley_database_waiting: {
    help: "Statements and transactions that wait for a connection of the pool.",
    type: "gauge",
    labels: ["part", "database"],
  },
  nodejs_eventloop_lag_seconds: {
    help: "How late the event loop ran timers since the last reading: the median, the 99th percentile and the worst.",
    type: "gauge",
    labels: ["quantile"],
  },
  nodejs_eventloop_utilization_ratio: {
    help: "Share of the time since the last reading in which the event loop was busy, 0 to 1.",
    type: "gauge",
    labels: [],
  },
  nodejs_gc_duration_seconds: {
    help: "Pauses for garbage collection.",
    type: "histogram",
    labels: ["kind"],
  },
  nodejs_heap_used_bytes: { help: "Memory that JavaScript objects take.", type: "gauge", labels: [] },
  nodejs_heap_total_bytes: { help: "Memory that V8 has reserved for objects.", type: "gauge", labels: [] },
  process_resident_memory_bytes: { help: "Memory of the process (RSS).", type: "gauge", labels: [] },
  process_open_fds: { help: "Open file descriptors, sockets included (Linux).", type: "gauge", labels: [] },
  process_max_fds: { help: "The most that may be open (Linux).", type: "gauge", labels: [] },
  process_cpu_seconds_total: { help: "CPU time, user and system.", type: "counter", labels: [] },
  process_start_time_seconds: { help: "When the process began, in Unix seconds.", type: "gauge", labels: [] },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/**
 * Upper bounds of the durations' buckets, in seconds: 0.5 ms (a call within one machine) to 10 s (beyond any deadline
 * that a person waits for), at most a factor of 2.5 apart.
 */
export const DURATION_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Of the age of an event: it may wait for as long as a consumer is away, so up to a day. */
export const AGE_BUCKETS: readonly number[] = [...DURATION_BUCKETS, 30, 60, 300, 900, 3_600, 21_600, 86_400];
