package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	demoAdmin = "admin@example.com"
	demoLimit = 90 * time.Second
	demoLook  = 50 * time.Millisecond
	maxAnswer = 16 << 20 // bytes
)

// firstAlert measures a newcomer's first start, on an empty folder: how long it is until the dashboard shows articles,
// predictions and an alert and Telegram has the message about it.
func firstAlert(ctx context.Context, env *Env) (_ []Figure, err error) {
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	started := time.Now()
	p, err := env.start(ctx, "standalone", []string{"HTTP_ADDR=" + addr, "DATA_DIR=" + filepath.Join(env.dir, "demo"),
		"ADMIN_EMAIL=" + demoAdmin, "ADMIN_PASSWORD=" + password})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	ready := time.Since(started)
	place := regexp.MustCompile(`simulator +(http://\S+)`).FindStringSubmatch(p.said.String())
	if place == nil {
		return nil, fmt.Errorf("standalone says nothing of its simulator: %s", &p.said)
	}
	d := demoReader{base: "http://" + addr}
	if err := d.signIn(ctx, password); err != nil {
		return nil, err
	}
	for shown := false; !shown; {
		if err := pause(ctx, demoLook, demoLook); err != nil {
			return nil, fmt.Errorf("no alert: %w", err)
		}
		if shown, err = d.showsAlert(ctx, place[1]); err != nil {
			return nil, err
		}
	}
	return []Figure{
		{Name: "demo.ready", Value: ready.Seconds(), Unit: "s"},
		{Name: "demo.alert", Value: time.Since(started).Seconds(), Unit: "s", Goal: atMost(30)},
	}, nil
}

// demoReader reads the API as a newcomer's browser does.
type demoReader struct{ base, token string }

func (d *demoReader) signIn(ctx context.Context, password string) error {
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err := d.call(ctx, http.MethodPost, d.base+"/api/auth/login", map[string]string{"email": demoAdmin, "password": password}, &answer)
	d.token = answer.AccessToken
	return err
}

// showsAlert reports whether the dashboard shows articles, predictions and an alert whose message Telegram has.
func (d *demoReader) showsAlert(ctx context.Context, simulated string) (bool, error) {
	var board struct {
		Today  struct{ Articles, Predictions, Alerts int }
		Alerts []struct{ Stock struct{ Name string } }
	}
	if err := d.call(ctx, http.MethodGet, d.base+"/api/dashboard", nil, &board); err != nil {
		return false, err
	}
	if board.Today.Articles == 0 || board.Today.Predictions == 0 || board.Today.Alerts == 0 {
		return false, nil
	}
	var told struct{ Messages []struct{ Text string } }
	if err := d.call(ctx, http.MethodGet, simulated+"/_sim/telegram/messages", nil, &told); err != nil {
		return false, err
	}
	for _, m := range told.Messages {
		for _, a := range board.Alerts {
			if strings.Contains(m.Text, a.Stock.Name) {
				return true, nil
			}
		}
	}
	return false, nil
}

func (d *demoReader) call(ctx context.Context, method, url string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d: %s", url, res.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	return nil
}
