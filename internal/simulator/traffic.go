package simulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Traffic is how many requests an upstream was sent, by what became of each.
type Traffic struct {
	Taken   int `json:"taken"`   // answered, be it with an error of another kind
	Refused int `json:"refused"` // the caller was over the upstream's limit, or a fault said so
	Faulty  int `json:"faulty"`  // hit by another fault that was switched on
}

// Asked is all of them.
func (t Traffic) Asked() int { return t.Taken + t.Refused + t.Faulty }

// TrafficSecond is what came within one second of the wall.
type TrafficSecond struct {
	At time.Time `json:"at"` // when the second began
	Traffic
}

// trafficKept is for how many seconds in which something came an upstream's traffic is told one by one.
const trafficKept = 3600

// traffic counts requests by upstream.
type traffic struct {
	wall    func() time.Time
	mu      sync.Mutex
	total   map[string]Traffic
	seconds map[string][]TrafficSecond // oldest first
}

func newTraffic(wall func() time.Time) *traffic {
	return &traffic{wall: wall, total: map[string]Traffic{}, seconds: map[string][]TrafficSecond{}}
}

// overLimit reports whether an answer refuses a caller for its pace. Not everybody says so with a status.
func (a answer) overLimit() bool { return a.refused || a.status == http.StatusTooManyRequests }

// count takes one request in.
func (t *traffic) count(upstream string, one Traffic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.wall().Truncate(time.Second)
	list := t.seconds[upstream]
	if len(list) == 0 || list[len(list)-1].At.Before(now) {
		list = append(list, TrafficSecond{At: now})
		list = list[max(0, len(list)-trafficKept):]
	}
	last, total := &list[len(list)-1], t.total[upstream]
	for _, sum := range []*Traffic{&last.Traffic, &total} {
		sum.Taken, sum.Refused, sum.Faulty = sum.Taken+one.Taken, sum.Refused+one.Refused, sum.Faulty+one.Faulty
	}
	t.seconds[upstream], t.total[upstream] = list, total
}

func (t *traffic) of(upstream string) Traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total[upstream]
}

func (t *traffic) all() map[string][]TrafficSecond {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(map[string][]TrafficSecond, len(t.seconds))
	for upstream, list := range t.seconds {
		out[upstream] = slices.Clone(list) // the newest second still grows
	}
	return out
}
