package handlers

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	cachedAnswers = 1000     // at most
	cachedBytes   = 64 << 20 // at most, of all of them
)

// cache keeps answers that are the same for everybody of a role, each for a moment: everybody looks at the same few pages.
// Who may ask is found out for every request as ever. Whatever this process is asked to change empties it; what others
// change is seen when the moment is over. Its methods are safe for concurrent use.
type cache[Answer any] struct {
	ttl    time.Duration // 0: nothing is kept
	making singleflight.Group

	mu      sync.Mutex
	answers map[string]cached[Answer]
	bytes   int
	changes int // how often it was emptied: what was read before is not kept after
}

type cached[Answer any] struct {
	answer Answer
	bytes  int // that it counts for
	until  time.Time
}

// answer returns the answer under a key, made by make unless it is there; make also says how many bytes it counts for. Those
// who ask at once have it made once.
func (c *cache[Answer]) answer(ctx context.Context, key string, make func(context.Context) (Answer, int, error)) (Answer, error) {
	answer, changes, ok := c.look(key)
	if ok {
		return answer, nil
	}
	made, err, _ := c.making.Do(strconv.Itoa(changes)+" "+key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout) // for all who wait
		defer cancel()
		answer, bytes, err := make(ctx)
		if err == nil {
			c.keep(key, cached[Answer]{answer, bytes, time.Now().Add(c.ttl)}, changes)
		}
		return answer, err
	})
	if err != nil {
		return answer, err
	}
	return made.(Answer), nil
}

func (c *cache[Answer]) look(key string) (answer Answer, changes int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.answers[key]; ok && time.Now().Before(a.until) {
		return a.answer, c.changes, true
	}
	return answer, c.changes, false
}

func (c *cache[Answer]) keep(key string, a cached[Answer], changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.changes {
		return
	}
	c.bytes += a.bytes - c.answers[key].bytes
	if c.answers == nil || len(c.answers) >= cachedAnswers || c.bytes > cachedBytes {
		c.answers, c.bytes = map[string]cached[Answer]{}, a.bytes
	}
	c.answers[key] = a
}

// changed forgets everything; who asks from now on does not get what is being made, either.
func (c *cache[Answer]) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers, c.bytes = nil, 0
	c.changes++
}

// cacheKey names an answer: what was asked for, and the role, by which some is left out.
func cacheKey(r *http.Request, role string) string { return role + " " + r.URL.RequestURI() }
