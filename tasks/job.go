// Package tasks is the door through which the queue starts work: one file per kind of task with its payload, its key
// and its processor. Postgres holds what is due, Redis only rings; every processor may run twice, may be lost and may be
// resumed by another process. The package knows nouns, the store and asynq; upstream systems are the small interfaces
// that it declares.
package tasks

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
)

// MaxPayload is the largest payload in bytes: payloads are ids, never bodies, since the queue's heartbeats write the
// payload of every running task again and again.
const MaxPayload = 64 << 10

// Job is the typed payload of one kind of task.
type Job interface {
	// Kind is the task's type, "noun:verb".
	Kind() string
	// Key names this piece of work among its kind. Two rings with one kind, key and epoch are one task.
	Key() string
	// Queue is the name of the queue it waits in.
	Queue() string
}

// The queues. Prediction has one queue per model kind, so that one model's outage delays no other: see PredictQueue.
const (
	QueueControl = "control" // sweeps, ticks and runs: small and urgent
	QueueNotify  = "notify"
	QueueEmbed   = "embed"
	QueueCrawl   = "crawl"  // sources with one listing
	QueueSearch  = "search" // parts of sources with many: they wait long for their rate limit
	QueueMarket  = "market" // bars: likewise
	QueueAgain   = "again"  // predictions that were ordered, of local models: see AgainQueue
)

// PredictQueue returns the queue of a model kind.
func PredictQueue(modelKind string) string { return predictPrefix + modelKind }

// AgainQueue returns the queue of the predictions of a model kind that somebody ordered: thousands of them must not stand
// before one that people wait for. Local models share one, since each queue's polls cost Redis something.
func AgainQueue(modelKind string) string {
	if forecast.IsLocal(modelKind) {
		return QueueAgain
	}
	return "again-" + modelKind
}

const predictPrefix = "predict-"

// taskID returns the id under which the queue holds a ring: kind:key:epoch. An id that is taken means that the work
// has already been rung for.
func taskID(job Job, epoch int) string {
	return job.Kind() + ":" + job.Key() + ":" + strconv.Itoa(epoch)
}

// epochOf returns the epoch at the end of a task id, 1 when there is none.
func epochOf(id string) int {
	n, err := strconv.Atoi(id[strings.LastIndexByte(id, ':')+1:])
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// rangLater reports whether among the keys of ids there is a later ring of a task than id.
func rangLater[V any](id string, ids map[string]V) bool {
	epoch := epochOf(id)
	name := strings.TrimSuffix(id, strconv.Itoa(epoch))
	for other := range ids {
		if strings.HasPrefix(other, name) && epochOf(other) > epoch && strings.TrimSuffix(other, strconv.Itoa(epochOf(other))) == name {
			return true
		}
	}
	return false
}

func encode(job Job) ([]byte, error) {
	payload, err := json.Marshal(job)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", job.Kind(), err)
	}
	if len(payload) > MaxPayload {
		return nil, fault.New(fault.Invalid, "%s %s: payload of %d bytes is over %d", job.Kind(), job.Key(), len(payload), MaxPayload)
	}
	return payload, nil
}

func decode[J Job](payload []byte) (J, error) {
	var job J
	if err := json.Unmarshal(payload, &job); err != nil {
		return job, fault.New(fault.Invalid, "payload of %s is no valid JSON: %w", job.Kind(), err)
	}
	return job, nil
}
