import type { MetricData } from "@opentelemetry/sdk-metrics";
import type { BusEvent, BusObserver, Code } from "@parley/core";
import type { ConsumptionOutcome } from "@parley/core/internal";
import { createSeriesTable, OTHER } from "./bounded-series.ts";
import { AGE_BUCKETS } from "./definitions.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { counterData, gaugeData, histogramData, type Period } from "./metric-data.ts";

type Handled = Extract<BusEvent, { type: "handled" }>;
type DeadLetters = Extract<BusEvent, { type: "dead_letters" }>;
type Lag = Extract<BusEvent, { type: "lag" }>;

/** What is counted of one event or queue in one group. */
class HandlingSeries {
  readonly labels: { readonly kind: string; readonly name: string; readonly group: string };
  readonly durations = new DurationHistogram();
  readonly ages = new DurationHistogram(AGE_BUCKETS);
  /** By outcome and code. */
  readonly outcomes = new Map<`${ConsumptionOutcome} ${Code}`, number>();

  constructor(kind: string, name: string, group: string) {
    this.labels = { kind, name, group };
  }

  handled({ kind, outcome, code, durationMs, ageMs }: Handled): void {
    const key = `${outcome} ${code}` as const;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
    this.durations.record(durationMs / 1_000);
    if (kind === "event" && outcome === "done") this.ages.record(ageMs / 1_000);
  }
}

class RelaySeries {
  readonly codes = new Map<Code, number>();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

class LagSeries {
  readonly labels: { readonly of: string; readonly name: string; readonly group: string };
  count = 0;
  oldestMs: number | undefined;

  constructor(of: string, name: string, group: string) {
    this.labels = { of, name, group };
  }
}

class DeadLetterSeries {
  readonly labels: { readonly name: string; readonly group: string };
  count = 0;
  oldestMs = 0;

  constructor(name: string, group: string) {
    this.labels = { name, group };
  }

  set({ count, oldestMs }: DeadLetters): void {
    this.count = count;
    this.oldestMs = oldestMs;
  }
}

/** Rate, errors, duration and lag of events and jobs. */
export interface BusMetrics {
  readonly observe: BusObserver;
  collect(period: Period): MetricData[];
}

const SEPARATOR = "\n";

export function createBusMetrics(): BusMetrics {
  const handlings = createSeriesTable(
    (key: string) => {
      const [kind = OTHER, name = OTHER, group = OTHER] = key.split(SEPARATOR);
      return new HandlingSeries(kind, name, group);
    },
    () => new HandlingSeries(OTHER, OTHER, OTHER),
  );
  const relays = createSeriesTable(
    (name: string) => new RelaySeries(name),
    () => new RelaySeries(OTHER),
  );
  const lags = createSeriesTable(
    (key: string) => {
      const [of = OTHER, name = OTHER, group = OTHER] = key.split(SEPARATOR);
      return new LagSeries(of, name, group);
    },
    () => new LagSeries(OTHER, OTHER, OTHER),
  );

  const deadLetters = createSeriesTable(
    (key: string) => {
      const [name = OTHER, group = OTHER] = key.split(SEPARATOR);
      return new DeadLetterSeries(name, group);
    },
    () => new DeadLetterSeries(OTHER, OTHER),
  );

  const setLag = ({ of, name, group, count, oldestMs }: Lag): void => {
    const series = lags.get([of, name, group].join(SEPARATOR));
    series.count = count;
    series.oldestMs = oldestMs;
  };

  return {
    observe(event) {
      switch (event.type) {
        case "handled":
          return handlings.get([event.kind, event.name, event.group].join(SEPARATOR)).handled(event);
        case "relayed": {
          const { codes } = relays.get(event.name);
          codes.set(event.code, (codes.get(event.code) ?? 0) + event.count);
          return;
        }
        case "lag":
          return setLag(event);
        case "dead_letters":
          deadLetters.get([event.name, event.group].join(SEPARATOR)).set(event);
          return;
        default:
          event satisfies never;
      }
    },
    collect(period) {
      const handled = [...handlings];
      const outcomes = handled.flatMap(({ labels, outcomes }) =>
        [...outcomes].map(([key, value]) => {
          const [outcome, code] = key.split(" ", 2);
          return { labels: { ...labels, outcome, code }, value };
        }),
      );
      const relayed = [...relays].flatMap(({ name, codes }) =>
        [...codes].map(([code, value]) => ({ labels: { name, code }, value })),
      );
      const waiting = [...lags];
      const dead = [...deadLetters];
      return [
        counterData("parley_events_handled_total", outcomes, period),
        histogramData(
          "parley_event_handling_seconds",
          handled.map(({ labels, durations }) => ({ labels, value: durations.snapshot() })),
          period,
        ),
        histogramData(
          "parley_event_age_seconds",
          handled
            .filter(({ ages }) => ages.count > 0)
            .map(({ labels: { name, group }, ages }) => ({ labels: { name, group }, value: ages.snapshot() })),
          period,
        ),
        counterData("parley_events_relayed_total", relayed, period),
        gaugeData(
          "parley_events_waiting",
          waiting.map(({ labels, count }) => ({ labels, value: count })),
          period,
        ),
        gaugeData(
          "parley_events_waiting_oldest_seconds",
          waiting.flatMap(({ labels, oldestMs }) =>
            oldestMs === undefined ? [] : [{ labels, value: oldestMs / 1_000 }],
          ),
          period,
        ),
        gaugeData(
          "parley_dead_letters",
          dead.map(({ labels, count }) => ({ labels, value: count })),
          period,
        ),
        gaugeData(
          "parley_dead_letters_oldest_seconds",
          dead.map(({ labels, oldestMs }) => ({ labels, value: oldestMs / 1_000 })),
          period,
        ),
      ];
    },
  };
}
