package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"tickerwire/internal/burst"
	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// isHere reports whether a process of the fleet runs on this machine.
func isHere(w store.Worker) bool {
	host, err := os.Hostname()
	return err == nil && w.Host == host
}

// kill ends the worker in the middle of the burst: when the first message has come.
func (d *drill) kill(ctx context.Context) error {
	err := d.until(ctx, func() (bool, error) {
		if err := d.look(ctx); err != nil {
			return false, err
		}
		messages, err := d.messages(ctx)
		return len(messages) > 0, err
	})
	if err != nil {
		return fmt.Errorf("drill: no message came: %w", err)
	}
	if err := syscall.Kill(d.Kill, syscall.SIGKILL); err != nil {
		return fmt.Errorf("drill: kill %d: %w", d.Kill, err)
	}
	// Postgres may still be busy with its last claims when it is gone.
	for range 2 {
		n, err := burst.InHand(ctx, d.db, d.Kill)
		if err != nil {
			return err
		}
		d.inHand = max(d.inHand, n)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(claimsSettle):
		}
	}
	d.say("worker %d was killed with %d messages in hand", d.Kill, d.inHand)
	return nil
}

// claimsSettle is how long the last statement of a process that is gone may still take.
const claimsSettle = 300 * time.Millisecond

// verdict holds what Telegram has against what is kept, and says what of it does not fit.
func (d *drill) verdict(ctx context.Context) error {
	fates, err := burst.Read(ctx, d.db, d.alerts, d.recipients)
	if err != nil {
		return err
	}
	messages, err := d.messages(ctx)
	if err != nil {
		return err
	}
	twice, missing, err := burst.Strays(ctx, d.db, d.recipients, messages)
	if err != nil {
		return err
	}
	n := fates.States
	d.say("%d alerts and recipients: %d sent, %d suppressed%s, %d refused, %d ambiguous", fates.Pairs, n[notice.Sent], n[notice.Suppressed], reasons(fates.Reasons),
		n[notice.Refused], n[notice.Ambiguous])
	d.say("Telegram has %d messages: %d too many, %d missing", len(messages), len(twice), len(missing))
	var wrong []error
	bad := func(yes bool, format string, args ...any) {
		if yes {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	pairs := d.Alerts * d.Recipients
	bad(fates.Pairs != pairs, "%d pairs of an alert and a recipient are known, of %d", fates.Pairs, pairs)
	bad(fates.Open() > 0, "%d are in no final state", fates.Open())
	bad(fates.Unexplained > 0, "%d have no reason", fates.Unexplained)
	bad(n[notice.Sent] == 0, "nothing was sent")
	bad(n[notice.Sent]+n[notice.Ambiguous] > drillCap*d.Recipients, "more was sent than %d to each", drillCap)
	bad(n[notice.Ambiguous] > d.inHand, "%d are ambiguous, and %d were in hand", n[notice.Ambiguous], d.inHand)
	for _, line := range slices.Concat(twice, missing) {
		bad(true, "%s", line)
	}
	if len(wrong) > 0 {
		d.say("FAILED after %s", time.Since(d.began).Round(10*time.Millisecond))
		return fault.New(fault.Conflict, "drill: %w", errors.Join(wrong...))
	}
	d.say("PASSED in %s: every alert came to exactly one end for every recipient, and no message came twice", time.Since(d.began).Round(10*time.Millisecond))
	return nil
}

// reasons lists why something was suppressed.
func reasons(of map[string]int) string {
	if len(of) == 0 {
		return ""
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%d %s", of[reason], reason))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// leaveLimit bounds the taking away of a drill's chats.
const leaveLimit = 30 * time.Second

// leave has the bot delete the drill's chats, as their readers would, and does it itself where nobody does.
func (d *drill) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	var errs []error
	for _, chat := range d.chats {
		errs = append(errs, d.control(ctx, http.MethodPost, "telegram/updates", map[string]any{"chat_id": chat, "text": "/delete"}, nil))
	}
	err := d.until(ctx, func() (bool, error) {
		left, err := d.db.RecipientsLeft(ctx, d.recipients)
		return left == 0, err
	})
	if err != nil {
		errs = append(errs, fmt.Errorf("drill: the bot did not delete the drill's chats, switch them off: recipients %v: %w", d.recipients, err))
	}
	return errors.Join(errs...)
}
