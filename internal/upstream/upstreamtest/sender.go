package upstreamtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
)

// Sender is what a channel's sender does, as the tasks want it.
type Sender interface {
	Wait(ctx context.Context, to notice.Address) error
	Send(ctx context.Context, to notice.Address, m notice.Message) (messageID int64, err error)
	Edit(ctx context.Context, to notice.Address, messageID int64, m notice.Message) error
}

// SenderKit is a channel: how its sender is made, and how its service answers.
type SenderKit struct {
	New     func(t *testing.T, base string) (Sender, notice.Address)
	Secret  string // never in an error
	Taken   http.HandlerFunc
	Refused http.HandlerFunc // this message will never be taken
	Gone    http.HandlerFunc // the receiver will have none
	TooMany http.HandlerFunc // for 7 s
	// Repeatable says that the receiver knows a message that comes again: what is not known to be taken is sent again. Else
	// it must not be.
	Repeatable bool
}

// CheckSender runs what every sender must pass: its errors say whether the message may be sent again.
func CheckSender(t *testing.T, kit SenderKit) {
	unknown := fault.Internal
	if kit.Repeatable {
		unknown = fault.Unavailable
	}
	cut := func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20) // it has been read; how does not matter
		panic(http.ErrAbortHandler)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   fault.Kind
		taken  bool
	}{
		"taken":               {kit.Taken, fault.Internal, true},
		"never to be taken":   {kit.Refused, fault.Invalid, false},
		"the receiver is off": {kit.Gone, fault.Forbidden, false},
		"too many":            {kit.TooMany, fault.Limited, false},
		"broken inside":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, unknown, false},
		"a lost answer":       {cut, unknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				c.answer(w, r)
			}))
			t.Cleanup(server.Close)
			s, to := kit.New(t, server.URL)
			if err := s.Wait(t.Context(), to); err != nil {
				t.Fatal(err)
			}
			id, err := s.Send(t.Context(), to, notice.Message{NoticeID: 12, Version: 1, Text: "<b>가</b>"})
			if (err == nil) != c.taken || (id != 0) != c.taken || fault.KindOf(err) != c.kind || asked.Load() != 1 {
				t.Fatalf("message %d, %v (%s) after %d requests", id, err, fault.KindOf(err), asked.Load())
			}
			if c.kind == fault.Limited && fault.RetryAfterOf(err).Seconds() != 7 {
				t.Errorf("retry after %s", fault.RetryAfterOf(err))
			}
			if err != nil && strings.Contains(err.Error(), kit.Secret) {
				t.Errorf("the secret is shown: %v", err)
			}
			if !c.taken {
				return
			}
			for range 2 { // an edit may be made twice
				if err := s.Edit(t.Context(), to, id, notice.Message{NoticeID: 12, Version: 2, Text: "나"}); err != nil {
					t.Errorf("edit: %v", err)
				}
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		s, to := kit.New(t, server.URL)
		if _, err := s.Send(t.Context(), to, notice.Message{NoticeID: 12, Text: "가"}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	})
}
