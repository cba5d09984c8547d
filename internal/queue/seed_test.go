package queue

import (
	"flag"
	"fmt"
	"testing"

	"uringtrace/internal/events"
)

// To replay a failure: go test ./internal/queue -run TestName -seed 17.
var (
	flagSeed  = flag.Uint64("seed", 0, "run random tests with this seed alone")
	flagSeeds = flag.Uint64("seeds", defaultSeeds, "seeds for each random test and kernel generation")
	flagSteps = flag.Int("steps", 1000, "steps of the simulated kernel for each seed; about 3 make an operation")
)

// full reports whether enough seeds are run for their sums to mean something.
func full() bool { return *flagSeed == 0 && *flagSeeds >= 200 }

var generations = []events.Reclaim{events.OrderedDeferred, events.Ordered, events.Independent}

// forSeeds runs a random test for each of the generations and many seeds. The
// seed is in the name of the test that failed.
func forSeeds(t *testing.T, test func(t *testing.T, k *sim), gens ...events.Reclaim) {
	first, last := uint64(1), *flagSeeds
	if *flagSeed != 0 {
		first, last = *flagSeed, *flagSeed
	}
	for _, gen := range gens {
		t.Run(gen.String(), func(t *testing.T) {
			for seed := first; seed <= last && !t.Failed(); seed++ {
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
					k := newSim(gen, seed)
					defer k.off()
					test(t, k)
				})
			}
		})
	}
}
