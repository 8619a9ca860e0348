package tasks

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// SendDigests makes and sends the digests that are due: to each recipient one a day, when his quiet hours are over. Who has
// nothing held gets none.
type SendDigests struct{}

// Kind returns "digest:send".
func (SendDigests) Kind() string { return "digest:send" }

// Key returns "due".
func (SendDigests) Key() string { return "due" }

// Queue returns the notify queue.
func (SendDigests) Queue() string { return QueueNotify }

// digestCron is at every full hour, when quiet hours end.
const digestCron = "0 * * * *"

const (
	digestBatch = 200 // recipients read at once
	digestMost  = 500 // held notices that one digest carries
)

func (w *Worker) sendDigests(ctx context.Context, _ SendDigests) error {
	for after := int64(0); ; {
		readers, err := w.DB.DigestReaders(ctx, after, digestBatch)
		if err != nil {
			return err
		}
		if len(readers) == 0 {
			return w.sendDue(ctx, notice.Alert{})
		}
		for _, r := range readers {
			if endsSoon(ctx) {
				return fault.New(fault.Limited, "no time left for the digests of recipients from %d on", r.ID)
			}
			after = r.ID
			if w.senderOf(r) == nil {
				continue
			}
			if err := w.makeDigest(ctx, r); err != nil {
				return err
			}
		}
	}
}

// makeDigest makes a recipient's digest of the day, if it is time and he has none yet.
func (w *Worker) makeDigest(ctx context.Context, r notice.Recipient) error {
	now := w.Now()
	until, due := r.DigestDue(now)
	if !due || notice.StillDue(r, now).State != notice.Due {
		return nil
	}
	held, err := w.DB.HeldNotices(ctx, r.ID, until, digestMost)
	if err != nil || len(held) == 0 {
		return err
	}
	input := notice.DigestInput{Day: market.DayOf(now), Language: r.Language}
	ids := make([]int64, len(held))
	for i, h := range held {
		ids[i], input.Items = h.NoticeID, append(input.Items, h.Item)
	}
	_, err = w.DB.SaveDigest(ctx, r.ID, input.Day, notice.DigestText(input), ids)
	return err
}
