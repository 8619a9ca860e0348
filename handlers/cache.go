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
type cache struct {
	ttl    time.Duration // 0: nothing is kept
	making singleflight.Group

	mu      sync.Mutex
	answers map[string]cached
	bytes   int
	changes int // how often it was emptied: what was read before is not kept after
}

type cached struct {
	body  []byte
	until time.Time
}

// answer returns the body under a key, made by make unless it is there. Those who ask at once have it made once.
func (c *cache) answer(ctx context.Context, key string, make func(context.Context) ([]byte, error)) ([]byte, error) {
	body, changes := c.look(key)
	if body != nil {
		return body, nil
	}
	made, err, _ := c.making.Do(strconv.Itoa(changes)+" "+key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout) // for all who wait
		defer cancel()
		body, err := make(ctx)
		if err == nil {
			c.keep(key, body, changes)
		}
		return body, err
	})
	if err != nil {
		return nil, err
	}
	return made.([]byte), nil
}

func (c *cache) look(key string) (body []byte, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.answers[key]; ok && time.Now().Before(a.until) {
		return a.body, c.changes
	}
	return nil, c.changes
}

func (c *cache) keep(key string, body []byte, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.changes {
		return
	}
	c.bytes += len(body) - len(c.answers[key].body)
	if c.answers == nil || len(c.answers) >= cachedAnswers || c.bytes > cachedBytes {
		c.answers, c.bytes = map[string]cached{}, len(body)
	}
	c.answers[key] = cached{body, time.Now().Add(c.ttl)}
}

// changed forgets everything; who asks from now on does not get what is being made, either.
func (c *cache) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers, c.bytes = nil, 0
	c.changes++
}

// cacheKey names an answer: what was asked for, and the role, by which some is left out.
func cacheKey(r *http.Request, role string) string { return role + " " + r.URL.RequestURI() }
