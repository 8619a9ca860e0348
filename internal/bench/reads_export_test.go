package bench

import (
	"context"
	"time"
)

// Saturate returns how many requests were answered.
func Saturate(ctx context.Context, addr, token string, n int, d time.Duration) (int, error) {
	l, err := target{addr, [][]byte{request(addr, "/", token)}}.saturate(ctx, n, d)
	return len(l.waits), err
}

// Paced returns how long each request has waited, in ms.
func Paced(ctx context.Context, addr string, n int, perSecond float64, d time.Duration) ([]float64, error) {
	l, err := target{addr, [][]byte{request(addr, "/", "token")}}.paced(ctx, n, perSecond, d)
	return l.waits, err
}
