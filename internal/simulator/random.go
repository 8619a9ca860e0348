package simulator

import (
	"hash/fnv"
	"math/rand/v2"
)

// textSeed turns a word into a number, always the same.
func textSeed(word string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(word)) // #nosec G104 -- a hash never fails to be written
	return h.Sum64()
}

// source returns the random numbers of one purpose on one day, so that what is drawn for one never shifts another.
func source(seed int64, purpose string, n int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), textSeed(purpose)+uint64(n)*0x9e3779b97f4a7c15)) // #nosec G115 G404 -- a seed: any bits will do; the same world for the same seed is wanted
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// between returns a whole number from least to most, both included.
func between(r *rand.Rand, least, most int) int { return least + r.IntN(most-least+1) }
