package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

type load struct {
	Case         string  `json:"case"`
	InFlight     int     `json:"inFlight"`
	DurationMs   float64 `json:"durationMs"`
	UnitsPerCall int     `json:"unitsPerCall"`
}

type measurement struct {
	PerSecond float64 `json:"perSecond"`
	P50Ms     float64 `json:"p50Ms"`
	P99Ms     float64 `json:"p99Ms"`
	LoadCPUUs float64 `json:"loadCpuUs"`
	Units     int     `json:"units"`
}

// closedLoop keeps asked.InFlight calls under way, as src/harness/closed-loop.ts does. The first failure ends it.
func closedLoop(call func(context.Context) error, asked load) (measurement, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	cpuBefore, start := cpuUs(), time.Now()
	end := start.Add(time.Duration(asked.DurationMs * float64(time.Millisecond)))
	latencies := make([][]time.Duration, asked.InFlight)
	var workers sync.WaitGroup
	for worker := range asked.InFlight {
		workers.Go(func() {
			for began := start; began.Before(end) && ctx.Err() == nil; {
				if err := call(ctx); err != nil {
					cancel(err)
					return
				}
				now := time.Now()
				latencies[worker] = append(latencies[worker], now.Sub(began))
				began = now
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return measurement{}, err
	}
	elapsed, cpu := time.Since(start), cpuUs()-cpuBefore
	sorted := slices.Sorted(slices.Values(slices.Concat(latencies...)))
	units := len(sorted) * asked.UnitsPerCall
	return measurement{
		PerSecond: float64(units) / elapsed.Seconds(),
		P50Ms:     percentileMs(sorted, 0.5),
		P99Ms:     percentileMs(sorted, 0.99),
		LoadCPUUs: float64(cpu) / float64(units),
		Units:     units,
	}, nil
}

func percentileMs(sorted []time.Duration, rank float64) float64 {
	return float64(sorted[int(rank*float64(len(sorted)-1))]) / float64(time.Millisecond)
}
