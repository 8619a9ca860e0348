package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	webhookTimeout = 10 * time.Second // of one delivery
	// retryGrowth is how many times the first wait between two tries the longest one is.
	retryGrowth = 64
	// maxRetryAfter is the longest wait that a receiver may ask for.
	maxRetryAfter = time.Hour
)

// webhook is where updates are posted, one at a time and in their order, until the receiver takes each with a 2xx.
type webhook struct {
	url, secret string
	stop        context.CancelFunc
	failedAt    time.Time // zero: never
	failure     string
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// checkWebhook returns the refusal of an address or secret that the real service does not take. Plain HTTP and any port
// are let pass on loopback addresses; those alone are played, for the simulator must never reach a real service.
func checkWebhook(address, secret string) *answer {
	bad := func(why string) *answer {
		a := badRequest(why)
		return &a
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return bad("bad webhook: invalid webhook URL specified")
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback):
		return bad("bad webhook: An HTTPS URL must be provided for webhook")
	case !loopback && !oneOf(u.Port(), "", "80", "88", "443", "8443"):
		return bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	case len(secret) > 256:
		return bad("secret token is too long")
	case !secretForm.MatchString(secret):
		return bad("secret token contains unallowed characters")
	case !loopback:
		a := plain(http.StatusNotImplemented, "simulator: webhooks are delivered to loopback addresses only")
		return &a
	}
	return nil
}

func telegramDone(description string) answer {
	return jsonAnswer(http.StatusOK, "application/json", telegramAnswer{OK: true, Result: true, Description: description})
}

// setWebhook sets where updates go; an empty address deletes it.
func (b *inbox) setWebhook(params url.Values, wall time.Time) answer {
	address, secret := params.Get("url"), params.Get("secret_token")
	if address == "" {
		return b.deleteWebhook(params)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.hooks.wait(wall); wait > 0 {
		return tooMany(wait)
	}
	b.hooks.add(wall)
	if refusal := checkWebhook(address, secret); refusal != nil {
		return *refusal
	}
	b.allow(params)
	b.drop(params)
	if b.hook != nil && b.hook.url == address && b.hook.secret == secret {
		return telegramDone("Webhook is already set")
	}
	if b.hook != nil {
		b.hook.stop()
	}
	ctx, stop := context.WithCancel(context.Background()) // it outlives the request: Close ends it
	h := &webhook{url: address, secret: secret, stop: stop}
	b.hook = h
	b.wake()
	if b.closed {
		stop()
		return telegramDone("Webhook was set")
	}
	b.deliveries.Go(func() { b.deliver(ctx, h) })
	return telegramDone("Webhook was set")
}

func (b *inbox) deleteWebhook(params url.Values) answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(params)
	if b.hook == nil {
		return telegramDone("Webhook is already deleted")
	}
	b.hook.stop()
	b.hook = nil
	return telegramDone("Webhook was deleted")
}

// drop forgets what waits when the caller says so. The caller holds mu.
func (b *inbox) drop(params url.Values) {
	if oneOf(strings.ToLower(params.Get("drop_pending_updates")), "true", "yes", "1") {
		b.kept = nil
	}
}

type webhookInfo struct {
	URL            string   `json:"url"`
	Certificate    bool     `json:"has_custom_certificate"`
	Pending        int      `json:"pending_update_count"`
	FailedAt       int64    `json:"last_error_date,omitempty"`
	Failure        string   `json:"last_error_message,omitempty"`
	MaxConnections int      `json:"max_connections,omitempty"`
	Allowed        []string `json:"allowed_updates,omitempty"`
}

func (b *inbox) webhookInfo() answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	info := webhookInfo{Pending: len(b.kept), Allowed: b.allowed}
	if h := b.hook; h != nil {
		info.URL, info.MaxConnections, info.Failure = h.url, 40, h.failure
		if !h.failedAt.IsZero() {
			info.FailedAt = h.failedAt.Unix()
		}
	}
	return telegramResult(info)
}

// deliver posts updates until ctx ends. After a failure it waits, twice as long each time up to a bound, or as long as
// the receiver's Retry-After asks.
func (b *inbox) deliver(ctx context.Context, h *webhook) {
	// Redirects are answers like any other that is no 2xx.
	client := &http.Client{Timeout: webhookTimeout, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	delay := b.retry
	for {
		u, ok := b.oldest(ctx)
		if !ok {
			return
		}
		asked, err := h.post(ctx, client, u)
		if err == nil {
			b.delivered(u.ID)
			delay = b.retry
			continue
		}
		b.failed(ctx, h, err)
		if !pause(ctx, max(delay, asked)) {
			return
		}
		delay = min(2*delay, retryGrowth*b.retry)
	}
}

// oldest waits for an update; false when ctx has ended.
func (b *inbox) oldest(ctx context.Context) (telegramUpdate, bool) {
	for ctx.Err() == nil {
		b.mu.Lock()
		kept, changed := slices.Clone(b.kept[:min(1, len(b.kept))]), b.changed
		b.mu.Unlock()
		if len(kept) > 0 {
			return kept[0], true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return telegramUpdate{}, false
}

func (b *inbox) delivered(id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = slices.DeleteFunc(b.kept, func(u telegramUpdate) bool { return u.ID == id })
}

func (b *inbox) failed(ctx context.Context, h *webhook, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() == nil { // else the webhook was taken back meanwhile: no fault of the receiver's
		h.failedAt, h.failure = b.wall(), err.Error()
	}
}

// pause waits on the wall; false when ctx has ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wrongResponse is a status that is no 2xx, in the real service's words.
type wrongResponse int

func (w wrongResponse) Error() string {
	return fmt.Sprintf("Wrong response from the webhook: %d %s", int(w), http.StatusText(int(w)))
}

// post sends one update. Beside the error comes how long the receiver asks to be left alone.
func (h *webhook) post(ctx context.Context, client *http.Client, u telegramUpdate) (time.Duration, error) {
	body, err := json.Marshal(u)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxBody)); err != nil {
		return 0, err
	}
	if res.StatusCode/100 == 2 {
		return 0, nil
	}
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		seconds = 0 // it asks for nothing that can be granted
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter), wrongResponse(res.StatusCode)
}
