package chaos

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// api is the program's API as an operator uses it.
type api struct {
	url    string
	token  string
	client *http.Client // nil is the default one
}

// startAPI starts the Procfile's API on a free port and signs the operator in.
func (w *world) startAPI(ctx context.Context) (*api, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	if err := w.start(ctx, "api", "api", "HTTP_ADDR="+addr); err != nil {
		return nil, err
	}
	a := &api{url: "http://" + addr}
	return a, a.signIn(ctx)
}

// signIn waits until the API is ready and signs the operator in.
func (a *api) signIn(ctx context.Context) error {
	err := until(ctx, procLimit, "the API to be ready", func() (bool, error) {
		err := a.call(ctx, http.MethodGet, "/health/ready", nil, nil)
		return err == nil, err
	})
	if err != nil {
		return err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = a.call(ctx, http.MethodPost, "/api/auth/login", map[string]string{"email": operator, "password": strings.TrimSpace(password)}, &answer)
	a.token = answer.AccessToken
	return err
}

func (a *api) call(ctx context.Context, method, path string, in, out any) error {
	header := http.Header{}
	if a.token != "" {
		header.Set("Authorization", "Bearer "+a.token)
	}
	return callBy(ctx, cmp.Or(a.client, http.DefaultClient), method, a.url+path, header, in, out)
}

// ordered is a run as the API shows it.
type ordered struct {
	ID     int64  `json:"id"`
	State  string `json:"state"`
	Total  int    `json:"total"`
	Done   int    `json:"done"`
	Reason string `json:"reason"`
	By     *int64 `json:"cancelled_by"`
}

// orderAll orders new predictions of every story.
func (a *api) orderAll(ctx context.Context) (ordered, error) {
	var run ordered
	err := a.call(ctx, http.MethodPost, "/api/tasks", map[string]any{"kind": "repredict", "params": map[string]any{"filter": map[string]any{"from": "2000-01-01T00:00:00Z"}}}, &run)
	return run, err
}

func (a *api) run(ctx context.Context, id int64) (ordered, error) {
	var run ordered
	err := a.call(ctx, http.MethodGet, fmt.Sprintf("/api/tasks/%d", id), nil, &run)
	return run, err
}

func (a *api) cancel(ctx context.Context, id int64) (ordered, error) {
	var run ordered
	err := a.call(ctx, http.MethodDelete, fmt.Sprintf("/api/tasks/%d", id), map[string]string{"reason": "the order was a mistake"}, &run)
	return run, err
}
