package simclock_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream/simclock"
)

func TestControl(t *testing.T) {
	t.Parallel()
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(simulator.New(world, simulator.Options{}))
	defer server.Close()
	var update struct {
		ID int64 `json:"update_id"`
	}
	write := map[string]any{"chat_id": simulator.DefaultChat, "text": "/list"}
	if err := simclock.Control(t.Context(), server.URL+"/", http.MethodPost, "telegram/updates", write, &update); err != nil || update.ID != 1 {
		t.Errorf("%d, %v", update.ID, err)
	}
	if err := simclock.Control(t.Context(), server.URL, http.MethodGet, "telegram/messages", nil, nil); err != nil {
		t.Error(err)
	}
	for what, c := range map[string]struct {
		base, path string
		out        any
		kind       fault.Kind
	}{
		"no such control": {server.URL, "nowhere", nil, fault.Invalid},
		"another form":    {server.URL, "served", new(int), fault.Unavailable},
		"no address":      {"http://[", "served", nil, fault.Invalid},
		"nobody":          {"http://127.0.0.1:1", "served", nil, fault.Unavailable},
	} {
		if err := simclock.Control(t.Context(), c.base, http.MethodGet, c.path, nil, c.out); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", what, err)
		}
	}
}
