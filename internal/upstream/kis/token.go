package kis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

const (
	tokenPrefix = "tickerwire:kis:token:" // #nosec G101 -- the prefix of keys in Redis
	issueEvery  = time.Minute             // KIS gives one token a minute
	renewBefore = 10 * time.Minute        // a token this close to its end is not used any more
	lockFor     = 30 * time.Second        // longer than one request may take
	waitFor     = 20 * time.Second        // for a token that another process is fetching
	lookEvery   = 100 * time.Millisecond  // meanwhile
	dropScript  = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
)

// tokenKey is this account's on this host, without telling the key.
func (c *Client) tokenKey() string {
	sum := sha256.Sum256([]byte(c.base() + "\n" + c.AppKey))
	return tokenPrefix + hex.EncodeToString(sum[:8])
}

// token returns the fleet's access token. Where there is none, one process issues it and the others wait, for a while.
// Every issue sends the account's owner a message, so nobody issues for himself.
func (c *Client) token(ctx context.Context) (string, error) {
	waiting, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	me := rand.Text()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		token, err := c.Redis.Get(ctx, c.tokenKey()).Result()
		if err == nil {
			return token, nil
		}
		if !errors.Is(err, redis.Nil) {
			return "", redisFault(ctx, err)
		}
		mine, err := c.Redis.SetNX(ctx, c.tokenKey()+":lock", me, lockFor).Result()
		if err != nil {
			return "", redisFault(ctx, err)
		}
		if mine {
			return c.issueLocked(ctx, me)
		}
		select {
		case <-ticker.C:
		case <-waiting.Done():
			if ctx.Err() != nil {
				return "", fmt.Errorf("waiting for the token: %w", ctx.Err())
			}
			return "", fault.New(fault.Unavailable, "another process has been fetching the token for %s", waitFor)
		}
	}
}

func (c *Client) issueLocked(ctx context.Context, me string) (token string, err error) {
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if unlock := c.drop(release, c.tokenKey()+":lock", me); unlock != nil && err == nil {
			err = unlock
		}
	}()
	token, err = c.Redis.Get(ctx, c.tokenKey()).Result()
	if err == nil || !errors.Is(err, redis.Nil) { // issued between our look and our lock, or Redis is gone
		return token, redisFault(ctx, err)
	}
	if err := c.mayIssue(ctx); err != nil {
		return "", err
	}
	token, life, err := c.issue(ctx)
	if err != nil {
		return "", fmt.Errorf("new token: %w", errors.Join(err, c.noteRefusal(ctx, err)))
	}
	if err := c.Redis.Set(ctx, c.tokenKey(), token, life).Err(); err != nil {
		return "", redisFault(ctx, err)
	}
	return token, nil
}

// mayIssue is Limited while KIS has told the fleet to wait: one process's refusal is everybody's.
func (c *Client) mayIssue(ctx context.Context) error {
	left, err := c.Redis.PTTL(ctx, c.tokenKey()+":wait").Result()
	if err != nil {
		return redisFault(ctx, err)
	}
	if left > 0 {
		return upstream.Because(upstream.TokenTooSoon, fault.After(fault.Limited, left, "new token: not before %s from now", left))
	}
	return nil
}

// noteRefusal lets the fleet know for how long nobody gets a token.
func (c *Client) noteRefusal(ctx context.Context, refused error) error {
	wait := fault.RetryAfterOf(refused)
	if fault.KindOf(refused) != fault.Limited || wait <= 0 {
		return nil
	}
	return redisFault(ctx, c.Redis.Set(ctx, c.tokenKey()+":wait", "1", wait).Err())
}

// issue asks KIS for a token and returns for how long it may be used.
func (c *Client) issue(ctx context.Context) (token string, life time.Duration, err error) {
	body, err := json.Marshal(map[string]string{"grant_type": "client_credentials", "appkey": c.AppKey, "appsecret": c.AppSecret})
	if err != nil {
		return "", 0, err
	}
	res, status := c.Client.Do(ctx, upstream.Request{Method: http.MethodPost, URL: c.base() + "/oauth2/tokenP",
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: body,
		Key: name + ":token", Secrets: []string{c.AppKey, c.AppSecret}})
	if res == nil {
		return "", 0, status
	}
	var answer struct {
		envelope
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(res.Body, &answer); err != nil {
		if status != nil {
			return "", 0, status
		}
		return "", 0, fault.New(fault.Unavailable, "the answer is no JSON: %w", err)
	}
	if code, message := answer.problem(); code != "" {
		return "", 0, refusal(res, status, code, upstream.Brief(message, c.AppKey, c.AppSecret))
	}
	if status != nil {
		return "", 0, status
	}
	life = time.Duration(answer.Seconds) * time.Second
	if answer.Token == "" || life <= 0 {
		return "", 0, fault.New(fault.Unavailable, "the answer holds no token, or no life for it")
	}
	return answer.Token, max(life-renewBefore, life/2), nil
}

// forget takes a refused token from the whole fleet, unless somebody has put a newer one in its place.
func (c *Client) forget(ctx context.Context, token string) error {
	return c.drop(ctx, c.tokenKey(), token)
}

// drop deletes a key of Redis that still holds value.
func (c *Client) drop(ctx context.Context, key, value string) error {
	return redisFault(ctx, redis.NewScript(dropScript).Run(ctx, c.Redis, []string{key}, value).Err())
}

func redisFault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("the fleet's token: %w", ctx.Err())
	}
	return fault.New(fault.Unavailable, "the fleet's token: %w", err)
}
