package bench

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"tickerwire/internal/news"
	"tickerwire/store/vectors"
)

const scanRounds = 15

// scanRatio compares a search of the exact index with a plain loop that only reads the same memory, in turns. Both use
// every processor.
func (p *past) scanRatio(ctx context.Context) (scanned, ratio float64, err error) {
	var memory [][]float32
	size := 0.0
	p.index.Memory(news.EmbedderVersion, func(floats []float32) {
		memory = append(memory, floats)
		size += 4 * float64(len(floats))
	})
	var rates, ratios []float64
	for i := range scanRounds {
		started := time.Now()
		if _, err := p.index.Nearest(ctx, p.query(i, analogueHits)); err != nil {
			return 0, 0, err
		}
		scan := time.Since(started)
		started = time.Now()
		readAll(memory)
		read := time.Since(started)
		rates, ratios = append(rates, size/scan.Seconds()/1e9), append(ratios, read.Seconds()/scan.Seconds())
	}
	return median(rates), median(ratios), nil
}

// query is the search for what is like the i-th of the last articles, with the filters of a prediction.
func (p *past) query(i, limit int) vectors.Search {
	e := p.last[i%len(p.last)]
	return vectors.Search{Embedder: e.Embedder, Query: e.Values, Before: e.AvailableAt, MinCosine: analogueCosine, Limit: limit}
}

// readAll reads memory once, eight bytes at a time, and returns what the compiler must not leave out.
func readAll(memory [][]float32) uint64 {
	var next, sum atomic.Uint64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			var a, b, c, d uint64
			for i := next.Add(1) - 1; i < uint64(len(memory)); i = next.Add(1) - 1 {
				words := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(memory[i]))), len(memory[i])/2)
				for ; len(words) >= 8; words = words[8:] {
					a += words[0] + words[1]
					b += words[2] + words[3]
					c += words[4] + words[5]
					d += words[6] + words[7]
				}
			}
			sum.Add(a + b + c + d)
		})
	}
	group.Wait()
	return sum.Load()
}
